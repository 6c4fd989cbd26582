import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { CheckStatus, MachineConfig } from '@bulkhead/domain';
import { CheckRunner } from './check-runner.js';
import { checksOf } from './check-spec.js';
import { probe } from './probe.js';

describe('checksOf', () => {
  it('takes the checks of services and the named ones, with the defaults of the API', () => {
    const config = {
      services: [
        {
          protocol: 'tcp',
          internal_port: 8080,
          checks: [{ type: 'http', path: '/health', interval: '10s' }],
        },
      ],
      checks: { database: { type: 'tcp', port: 5432, timeout: '2s' } },
    } as unknown as MachineConfig;
    expect(checksOf(config)).toEqual([
      expect.objectContaining({
        name: 'servicecheck-00-8080',
        port: 8080,
        intervalMs: 10_000,
        timeoutMs: 5_000,
      }),
      expect.objectContaining({ name: 'database', port: 5432, timeoutMs: 2_000, probe: { kind: 'tcp' } }),
    ]);
  });
});

describe('checks of a real app', () => {
  let app: Server;
  let answer: (path: string) => { status: number; body: string } | 'silence';
  let target: { host: string; port: number };
  beforeEach(async () => {
    app = createServer((request, response) => {
      const reply = answer(request.url ?? '');
      if (reply !== 'silence') response.writeHead(reply.status).end(reply.body);
    }).listen(0, '127.0.0.1');
    await once(app, 'listening');
    target = { host: '127.0.0.1', port: (app.address() as AddressInfo).port };
  });
  afterEach(() => {
    app.closeAllConnections();
    app.close();
  });
  const http = (timeoutMs = 500) => ({
    name: 'web',
    port: target.port,
    intervalMs: 20,
    timeoutMs,
    graceMs: 0,
    probe: { kind: 'http' as const, method: 'GET', path: '/health', tls: false, headers: [] },
  });

  it('passes on 2xx alone and keeps a bounded part of the answer', async () => {
    answer = () => ({ status: 204, body: '' });
    await expect(probe(http(), target)).resolves.toMatchObject({ passed: true });
    answer = () => ({ status: 500, body: 'x'.repeat(1_000_000) });
    const failed = await probe(http(), target);
    expect(failed.passed).toBe(false);
    expect(failed.output.length).toBeLessThan(1_100);
  });

  it('gives up on an app that takes the connection and says nothing', async () => {
    answer = () => 'silence';
    await expect(probe(http(50), target)).resolves.toMatchObject({ passed: false });
  });

  it('tells of changes alone', async () => {
    answer = () => ({ status: 200, body: 'fine' });
    const told: CheckStatus['status'][] = [];
    const where = {
      reach: { kind: 'forward', ports: { 80: target.port } } as const,
      address: '',
      startedAt: new Date(),
    };
    const runner = await new Promise<CheckRunner>((resolve) => {
      const made = new CheckRunner([{ ...http(), port: 80 }], where, [], ([status]) => {
        if (status) told.push(status.status);
        if (told.at(-1) === 'passing') answer = () => ({ status: 503, body: 'ill' });
        if (told.length === 3) resolve(made);
      });
      made.start();
    });
    runner.stop();
    expect(told).toEqual(['critical', 'passing', 'critical']);
  });

  it('goes on from what was known, and says nothing while it stays so', async () => {
    let asked = 0;
    const askedTwice = new Promise<void>((resolve) => {
      answer = () => {
        asked += 1;
        if (asked === 2) resolve();
        return { status: 200, body: 'fine' };
      };
    });
    const where = {
      reach: { kind: 'forward', ports: { 80: target.port } } as const,
      address: '',
      startedAt: new Date(),
    };
    const known = [{ name: 'web', status: 'passing', output: '200', updated_at: '' } as const];
    const told: unknown[] = [];
    const runner = new CheckRunner([{ ...http(), port: 80 }], where, known, (statuses) =>
      told.push(statuses),
    );
    runner.start();
    await askedTwice;
    runner.stop();
    expect(told).toEqual([]);
  });
});
