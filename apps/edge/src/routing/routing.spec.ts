import fc from 'fast-check';
import type { InstanceRow } from '@bulkhead/contracts/feeds';
import { machineRow } from '../testing/edge-fixture.js';
import { hostnameOf } from './authority.js';
import { choose } from './choose.js';
import { compileApp } from './compile.js';
import { RouteBook } from './route-book.js';
import type { Backend } from './routes.js';

const context = { ownHost: undefined, slotOf: () => 0, sinceOf: () => 0 };
const row = (change: Partial<InstanceRow> = {}) => machineRow({ port: 1234, change });

describe('which machines a request can go to', () => {
  test.each([
    ['stopped', { started: false }],
    ['unhealthy', { healthy: false }],
    ['cordoned', { cordoned: true }],
  ])('not to one that is %s; the app still answers for itself', (_name, change) => {
    expect(compileApp([row(change)], context)).toMatchObject({ https: { backends: [] } });
  });

  test.each([
    ['no services', []],
    ['UDP', [{ ...row().services[0], protocol: 'udp' }]],
    [
      'TLS without HTTP',
      [{ ...row().services[0], ports: [{ port: 443, handlers: ['tls'], force_https: false, hsts: false }] }],
    ],
    [
      'another port',
      [
        {
          ...row().services[0],
          ports: [{ port: 8443, handlers: ['tls', 'http'], force_https: false, hsts: false }],
        },
      ],
    ],
  ])('an app with %s is not reachable at all', (_name, services) => {
    expect(compileApp([row({ services: services as InstanceRow['services'] })], context)).toBeUndefined();
  });

  test('a range of ports that holds the entry is the entry', () => {
    const [service] = row().services;
    if (!service) throw new Error('no service');
    const ports = [{ start_port: 1, end_port: 100, handlers: ['http'], force_https: false, hsts: false }];
    const routes = compileApp([row({ services: [{ ...service, ports }] })], context);
    expect(routes?.http?.backends).toHaveLength(1);
    expect(routes?.https).toBeUndefined();
  });
});

describe('how a machine is reached', () => {
  const worker = { host: '192.0.2.1', port: 4290 };
  const endpoint = (change: Partial<InstanceRow>, ownHost?: string) =>
    compileApp([row(change)], { ...context, ownHost })?.https?.backends[0]?.endpoint;
  const direct = { kind: 'direct', address: 'fdaa::3' } as const;

  test('on this host: at its own address, or at its forward', () => {
    const { host } = row();
    expect(endpoint({ reach: direct, worker, host }, host)).toEqual({
      kind: 'tcp',
      host: 'fdaa::3',
      port: 8080,
    });
    expect(endpoint({ worker, host }, host)).toEqual({ kind: 'tcp', host: '127.0.0.1', port: 1234 });
  });

  test('on another host: by its worker, naming machine and generation', () => {
    const other = row({ reach: direct, worker });
    expect(compileApp([other], { ...context, ownHost: row().host })?.https?.backends[0]?.endpoint).toEqual({
      kind: 'worker',
      ...worker,
      worker: other.host,
      machine: other.machine,
      generation: other.generation,
      internalPort: 8080,
    });
  });

  test('a forward that is missing is no way', () => {
    expect(endpoint({ reach: { kind: 'forward', ports: {} } })).toBeUndefined();
  });
});

describe('the book of routes', () => {
  test('a snapshot takes away what it does not name, and tells the apps it touched', () => {
    const book = new RouteBook(context, () => 0);
    const [a, b] = [machineRow({ port: 1, app: 'a' }), machineRow({ port: 1, app: 'b' })];
    book.apply({ kind: 'snapshot', rows: [a, b] });
    expect(book.apply({ kind: 'snapshot', rows: [b] })).toContainEqual({ app: 'a', routes: null });
    expect(book.all().map(({ app }) => app)).toEqual(['b']);
    expect(book.apply({ kind: 'remove', machine: b.machine })).toEqual([{ app: 'b', routes: null }]);
    expect(book.apply({ kind: 'remove', machine: b.machine })).toEqual([]);
  });

  test('however updates are ordered, the newest generation of each machine is what is left', () => {
    const { machine } = row();
    const generation = fc.record({ epoch: fc.nat(3), count: fc.nat(3) });
    fc.assert(
      fc.property(fc.array(generation, { minLength: 1 }), (generations) => {
        const book = new RouteBook(context, () => 0);
        for (const generation of generations) book.apply({ kind: 'put', row: row({ machine, generation }) });
        const rank = ({ epoch, count }: { epoch: number; count: number }) => epoch * 10 + count;
        expect(book.rows()).toHaveLength(1);
        expect(book.rows().map(({ generation }) => rank(generation))).toEqual([
          Math.max(...generations.map(rank)),
        ]);
      }),
    );
  });
});

describe('the choice', () => {
  const backend = (key: string, softLimit = 10, hardLimit = 20) => ({ key, softLimit, hardLimit }) as Backend;
  const loads =
    (all: Record<string, number>) =>
    ({ key }: Backend) =>
      all[key] ?? 0;

  test('is the least loaded, relative to what each can take', () => {
    const backends = [backend('small', 10), backend('big', 100, 200)];
    expect(choose(backends, loads({ small: 5, big: 20 }), 0)).toMatchObject({ backend: { key: 'big' } });
  });

  test('prefers one below its soft limit to one above', () => {
    const backends = [backend('above', 1, 100), backend('below', 50, 100)];
    expect(choose(backends, loads({ above: 2, below: 40 }), 0)).toMatchObject({ backend: { key: 'below' } });
  });

  test('tells nobody there from nobody free', () => {
    expect(choose([], loads({}), 0)).toEqual({ kind: 'none' });
    expect(choose([backend('a')], loads({ a: 20 }), 0)).toEqual({ kind: 'full' });
    expect(choose([backend('a')], loads({}), 0, () => true)).toEqual({ kind: 'none' });
  });

  test('never goes beyond a hard limit, and always finds room where there is any', () => {
    const some = fc.array(fc.record({ load: fc.nat(10), hard: fc.integer({ min: 1, max: 10 }) }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(some, fc.nat(), (made, start) => {
        const backends = made.map(({ hard }, index) => backend(String(index), Math.ceil(hard / 2), hard));
        const load = ({ key }: Backend) => made[Number(key)]?.load ?? 0;
        const choice = choose(backends, load, start);
        const hasRoom = backends.some((candidate) => load(candidate) < candidate.hardLimit);
        expect(choice.kind === 'backend').toBe(hasRoom);
        if (choice.kind === 'backend') expect(load(choice.backend)).toBeLessThan(choice.backend.hardLimit);
      }),
    );
  });
});

test.each([
  ['Hello.Apps.Localhost', 'hello.apps.localhost'],
  ['a.example:8443', 'a.example'],
  ['a.example:', undefined],
  ['a.example:99999', undefined],
  ['a.example:80:80', undefined],
  ['user@a.example', undefined],
  ['[::1]:80', undefined],
  ['a..example', undefined],
  ['.example', undefined],
  ['a.example.', undefined],
  ['a_b.example', undefined],
  ['', undefined],
])('the host name of %s is %s', (host, hostname) => {
  expect(hostnameOf(host)).toBe(hostname);
});
