import type { z } from 'zod';
import { createMachine, acquireLease, destroyMachine, setQuota } from './commands/scheduler.js';
import { createJoinTokenRequest } from './commands/vault.js';
import { hostExec } from './commands/host.js';
import { edgeRow, feedMessage, feedPage, feedRequest, hostMachineRow, instanceRow } from './feeds.js';
import { newAppId, newHostId, newInstanceId, newMachineId, newOrganizationId } from './ids.js';
import { logBatch } from './logs.js';
import { commandMessage, commandReply } from './message.js';
import { heartbeat, reportBatch, reportsStored } from './reports.js';

const [machine, app, organization, instance, host] = [
  newMachineId(),
  newAppId(),
  newOrganizationId(),
  newInstanceId(),
  newHostId(),
];
const generation = { epoch: 1, count: 2 };
const observed = { machine, generation, instance, wish: 1 };
const at = '2026-01-01T00:00:00.000Z';
const row = { machine, app, appName: 'shop', organization, generation, instance, region: 'fra' };

/** What processes of two releases send each other. */
const between: Record<string, readonly [z.ZodType, object]> = {
  'an instance': [
    instanceRow,
    {
      ...row,
      host,
      worker: { host: '10.0.0.1', port: 4282 },
      reach: { kind: 'direct', address: 'fdaa::1' },
      started: true,
      cordoned: false,
      healthy: true,
      services: [
        {
          protocol: 'tcp',
          internal_port: 80,
          ports: [{ port: 443, handlers: ['tls'], force_https: false, hsts: false }],
          concurrency: { type: 'requests', soft_limit: 1, hard_limit: 2 },
        },
      ],
    },
  ],
  'a machine of a host': [
    hostMachineRow,
    {
      ...row,
      machineName: 'web',
      desired: 'started',
      wish: 1,
      stop: { force: false },
      networkId: 1,
      sealed: 'AA==',
    },
  ],
  'an edge': [edgeRow, { edge: host }],
  'a change': [feedMessage, { changes: [{ number: 1, key: machine, row: null }] }],
  'a head': [feedMessage, { head: 3 }],
  'a page': [feedPage, { feed: 'one', full: true, changes: [], head: 0, more: false }],
  'a request for a page': [feedRequest, { name: 'instances', feed: '', after: 0, full: false }],
  reports: [
    reportBatch,
    {
      reports: [
        {
          number: 1,
          at,
          fact: { kind: 'started', ...observed, reach: { kind: 'direct' }, imageDigest: 'sha256:0' },
        },
        { number: 2, at, fact: { kind: 'whole-state', machines: [{ ...observed, state: 'started' }] } },
        {
          number: 3,
          at,
          fact: {
            kind: 'checks',
            ...observed,
            checks: [{ name: 'up', status: 'passing', output: '', updated_at: at }],
          },
        },
      ],
    },
  ],
  'what is stored': [reportsStored, { storedUpTo: 3 }],
  'a heartbeat': [
    heartbeat,
    {
      capacity: { cpus: 1, memoryMb: 1, diskMb: 1 },
      labels: {},
      region: 'fra',
      name: 'one',
      version: '1',
      abilities: {},
      sealingKey: 'AA==',
      forward: { host: '10.0.0.1', port: 4282 },
    },
  ],
  lines: [
    logBatch,
    { lines: [{ at: 0, machine, instance, region: 'fra', stream: 'stdout', text: 'a', cut: false }] },
  ],
  'a command': [commandMessage, { id: '1', input: { any: 'thing' } }],
  'an answer': [commandReply, { ok: true, result: {}, touched: [] }],
  'a failure': [
    commandReply,
    { ok: false, error: { code: 'a', message: 'b', status: 500, retryable: false } },
  ],
  'a request to a host': [hostExec, { id: '1', machine, generation, command: ['ls'], timeoutMs: 1000 }],
};

/** Maps whose keys are data: what is in them is no field. */
const MAPS = new Set(['labels', 'abilities', 'input', 'result']);

/** With a field that nobody knows in every object. */
function withMore(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => withMore(item));
  if (typeof value !== 'object' || value === null || MAPS.has(name)) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, withMore(field, key)]);
  return { ...Object.fromEntries(fields), of_a_later_release: { any: 1 } };
}

describe('between two releases', () => {
  it.each(Object.entries(between))('%s is read though a later one says more', (_name, [schema, message]) => {
    expect(schema.parse(withMore(message))).toEqual(message);
  });

  it.each(Object.entries(between))('%s of an earlier one is read as it is', (_name, [schema, message]) => {
    expect(schema.parse(message)).toEqual(message);
  });
});

describe('a command of a user', () => {
  it.each([
    ['create-machine', createMachine],
    ['destroy-machine', destroyMachine],
    ['acquire-lease', acquireLease],
    ['set-quota', setQuota],
    ['create-join-token', createJoinTokenRequest],
  ])('%s is refused where it says what nobody knows', (_name, schema: z.ZodType) => {
    const { error } = schema.safeParse({ of_a_later_release: 1 });
    expect(error?.issues).toContainEqual(
      expect.objectContaining({ code: 'unrecognized_keys', keys: ['of_a_later_release'] }),
    );
  });
});
