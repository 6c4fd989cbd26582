import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AppId, MachineId } from '@bulkhead/domain';
import {
  INSTANCE_FEED,
  instanceRow,
  newId,
  newMachineId,
  TerminalError,
  type Heartbeat,
} from '@bulkhead/contracts';
import { execResult, psResult } from '@bulkhead/contracts/commands/host';
import {
  done,
  leaseResult,
  machineResult,
  metadataResult,
  placementResult,
} from '@bulkhead/contracts/commands/scheduler';
import { followTrace, inSpan } from '@bulkhead/journal';
import { startTelemetry } from '@bulkhead/platform';
import { SpanKind } from '@opentelemetry/api';
import { parseSixPn } from '@bulkhead/network';
import { newToken } from '@bulkhead/auth';
import { cleanExit, observed, TestHost } from './testing/test-host.js';
import { World } from './testing/world.js';

let world: World;
let app: AppId;
const operator = newToken();

beforeAll(async () => {
  world = await World.start();
  await world.scheduler();
  await world.scheduler();
  app = await world.app('shop');
  await world.allow(operator, { kind: 'platform' });
  config = (await world.seal(plainConfig)) as typeof config;
});
afterAll(() => world.stop());

const plainConfig = {
  image: 'registry.test/app:1',
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  env: { $plain: { PASSWORD: 'hunter2' } },
  services: [{ protocol: 'tcp', internal_port: 8080, ports: [{ port: 443, handlers: ['http', 'tls'] }] }],
};
/** As the api sends it. */
let config: typeof plainConfig & Record<string, unknown>;
const wanted = (over: Record<string, unknown> = {}) => ({
  app,
  config,
  launch: true,
  cordoned: false,
  ...over,
});
const create = async (over: Record<string, unknown> = {}) =>
  (await world.command('create-machine', wanted(over), machineResult)).result;
const failureOf = (promise: Promise<unknown>): Promise<TerminalError> =>
  promise.then(
    () => Promise.reject(new Error('this should have been refused')),
    (error: unknown) => (error instanceof TerminalError ? error : Promise.reject(error)),
  );
const rowOf = (host: TestHost, machine: MachineId) => world.eventually(() => host.row(machine));
/** A region of its own for each test, so that none fills another's hosts. */
const joinIn = (region: string, beat: Partial<Heartbeat> = {}) =>
  TestHost.join(world, `${region}-1`, { region, ...beat });

describe('a machine', () => {
  it("goes from a command to its host, and from the host's report to the edges", async () => {
    const host = await joinIn('one');
    const edge = await edgeHost();
    const { machine, state, address } = await create({ region: 'one' });
    expect({ state, address }).toEqual({ state: 'starting', address: { $sealed: expect.any(String) } });

    const row = await rowOf(host, machine);
    expect(row).toMatchObject({ desired: 'started', wish: 1, appName: 'shop', region: 'one', networkId: 7 });
    const opened = host.open(row) as { config: typeof plainConfig; address: string };
    expect(opened.config.env).toEqual({ $plain: { PASSWORD: 'hunter2' } });
    expect(parseSixPn(opened.address)).toMatchObject({ network: 7, slot: 1 });
    expect(JSON.stringify(row)).not.toContain('hunter2');

    expect(await instance(edge, machine)).toMatchObject({ started: false });
    const reach = { kind: 'direct' as const };
    expect(await host.report([{ kind: 'started', ...observed(row), reach, imageDigest: 'sha256:1' }])).toBe(
      1,
    );
    const routed = await world.eventually(async () => {
      const found = await instance(edge, machine);
      return found?.started ? found : undefined;
    });
    expect(routed).toMatchObject({
      reach: { kind: 'direct', address: opened.address },
      healthy: true,
      appName: 'shop',
    });
    expect(await world.eventsOf(`machine/${machine}`)).toEqual([
      'MachineCreated',
      'MachinePlaced',
      'MachineStarted',
    ]);
  });

  it("hands its command's trace on to its host, and takes it back with the host's report", async () => {
    const telemetry = startTelemetry('scheduler', undefined);
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const host = await joinIn('traced');
    const { machine } = await inSpan('test', SpanKind.INTERNAL, followTrace(trace), () =>
      create({ region: 'traced' }),
    );
    const row = await rowOf(host, machine);
    expect(row.trace).toBe(trace);
    const reach = { kind: 'direct' as const };
    await host.report([{ kind: 'started', ...observed(row), trace, reach, imageDigest: 'sha256:1' }]);
    expect(await world.tracesOf(`machine/${machine}`)).toEqual([trace, trace]);
    await telemetry.stop();
  });

  it('is not sent to its host anew when that reports what it was asked for', async () => {
    const host = await joinIn('told');
    const edge = await edgeHost();
    const { machine } = await create({ region: 'told' });
    const row = await rowOf(host, machine);
    const reach = { kind: 'direct' as const };
    await host.report([{ kind: 'started', ...observed(row), reach, imageDigest: 'sha256:1' }]);
    await world.eventually(async () => (await instance(edge, machine))?.started);
    // Sealed again it would look otherwise.
    expect(await host.row(machine)).toEqual(row);
  });

  it('is made once, however often its command comes', async () => {
    await joinIn('once');
    const id = newId();
    const asked = wanted({ region: 'once', name: 'only' });
    const [first, second] = await Promise.all(
      [1, 2].map(() => world.command('create-machine', asked, machineResult, { id })),
    );
    expect(second?.result).toEqual(first?.result);
    const other = failureOf(
      world.command('create-machine', wanted({ region: 'once' }), machineResult, { id }),
    );
    expect(await other).toMatchObject({ code: 'idempotency_key_reused', status: 422 });
  });

  it('keeps its name to itself within its app', async () => {
    await joinIn('names');
    const { machine } = await create({ region: 'names', name: 'web' });
    const refusal = await failureOf(create({ region: 'names', name: 'web' }));
    expect(refusal).toMatchObject({ code: 'already_exists', status: 409, details: { machine } });
    expect(refusal.message).toContain(machine);
  });

  it('is refused where there is no room, saying what was short where', async () => {
    await joinIn('full', { capacity: { cpus: 1, memoryMb: 300, diskMb: 20_000 } });
    await create({ region: 'full' });
    const refusal = await failureOf(create({ region: 'full' }));
    expect(refusal).toMatchObject({ code: 'insufficient_capacity', status: 409 });
    expect(refusal.message).toContain('full-1 (full): insufficient memory (MB): 256 asked, 44 free');
    expect((await failureOf(create({ region: 'nowhere' }))).code).toBe('insufficient_capacity');
  });

  it('never takes more of a host than there is, however many are asked for at once', async () => {
    await joinIn('crowd', { capacity: { cpus: 1, memoryMb: 1024, diskMb: 20_000 } });
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => create({ region: 'crowd' })));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(outcomes.length - refused.length).toBe(4);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'insufficient_capacity' });
  });

  it('gets a new instance by an update, and moves where it has outgrown its host', async () => {
    const small = await joinIn('grow', { capacity: { cpus: 1, memoryMb: 512, diskMb: 20_000 } });
    const { machine, instance: first, generation } = await create({ region: 'grow' });
    const { result: same } = await world.command(
      'update-machine',
      { app, machine, config: { ...config, image: 'registry.test/app:2' }, launch: true },
      machineResult,
    );
    expect(same).toMatchObject({ host: small.id, state: 'updating', generation });
    expect(same.instance).not.toBe(first);
    const large = await TestHost.join(world, 'grow-2', { region: 'grow' });
    const { result: moved } = await world.command(
      'update-machine',
      { app, machine, config: { ...config, guest: { ...config.guest, memory_mb: 1024 } }, launch: true },
      machineResult,
    );
    expect(moved).toMatchObject({ host: large.id, state: 'starting', generation: { count: 2 } });
    await rowOf(large, machine);
    await world.eventually(async () => (await small.row(machine)) === null);
  });

  it('is destroyed when its host says so, and gives everything back', async () => {
    const host = await joinIn('gone');
    const { machine } = await create({ region: 'gone', name: 'brief' });
    expect(
      (await failureOf(world.command('destroy-machine', { app, machine, force: false }, machineResult)))
        .status,
    ).toBe(412);
    await world.command('destroy-machine', { app, machine, force: true }, machineResult);
    const row = await world.eventually(async () => {
      const found = await host.row(machine);
      return found?.desired === 'destroyed' ? found : undefined;
    });
    await host.report([{ kind: 'destroyed', ...observed(row) }]);
    await world.eventually(async () => (await host.row(machine)) === null);
    const { name } = await create({ region: 'gone', name: 'brief' });
    expect(name).toBe('brief');
    const [free] = await world.database.query('select used_memory_mb from host where id = $1', [host.id]);
    expect(free).toEqual({ used_memory_mb: 256 });
  });

  it('is cordoned, restarted, suspended and signalled by commands of their own', async () => {
    const host = await joinIn('verbs');
    const edge = await edgeHost();
    const { machine } = await create({ region: 'verbs' });
    const ask = async (name: string, input: Record<string, unknown> = {}) =>
      (await world.command(`${name}-machine`, { app, machine, ...input }, machineResult)).result;
    expect((await ask('cordon')).cordoned).toBe(true);
    await world.eventually(async () => (await instance(edge, machine)).cordoned);
    expect((await ask('uncordon')).cordoned).toBe(false);

    const row = await rowOf(host, machine);
    const reach = { kind: 'direct' as const };
    await host.report([{ kind: 'started', ...observed(row), reach, imageDigest: 'sha256:1' }]);
    expect((await ask('restart', { force: false, signal: 'SIGINT', timeoutMs: 500 })).state).toBe(
      'restarting',
    );
    const again = await world.eventually(async () => {
      const found = await host.row(machine);
      return found?.wish === 2 ? found : undefined;
    });
    expect(again.stop).toEqual({ signal: 'SIGINT', timeoutMs: 500, force: false });
    await host.report([{ kind: 'started', ...observed(again), reach, imageDigest: 'sha256:1' }]);

    await host.answering('ps', []);
    expect((await world.command('ps-machine', { app, machine }, psResult)).result).toEqual([]);
    await host.answering('signal', { ok: true });
    await world.command('signal-machine', { app, machine, signal: 'SIGHUP' }, done);
    expect((await ask('suspend')).state).toBe('suspending');
    expect(await world.eventsOf(`machine/${machine}`)).toEqual(
      expect.arrayContaining([
        'MachineCordoned',
        'MachineUncordoned',
        'MachineSignalled',
        'MachineSuspendRequested',
      ]),
    );
  });

  it('counts against the quota of its organization', async () => {
    await joinIn('quota');
    const { machine } = await create({ region: 'quota' });
    const limits = { apps: 100, machines: 100, cpus: 128, memoryMb: 256 };
    const set = (memoryMb: number) =>
      world.command(
        'set-quota',
        { organization: world.organization, limits: { ...limits, memoryMb } },
        done,
        { credential: operator },
      );
    await set(256);
    const refusal = await failureOf(create({ region: 'quota' }));
    expect(refusal).toMatchObject({
      code: 'quota_exceeded',
      status: 403,
      details: { quota: 'memoryMb', limit: 256 },
    });
    await set(262_144);
    expect((await create({ region: 'quota' })).machine).not.toBe(machine);
  });

  it('goes with its app, even where nobody destroyed it', async () => {
    const host = await joinIn('orphan');
    const ending = await world.app();
    const { machine } = await create({ app: ending, region: 'orphan' });
    await world.endApp(ending);
    await world.eventually(async () => (await host.row(machine))?.desired === 'destroyed');
    expect((await failureOf(create({ app: ending, region: 'orphan' }))).message).toBe('app not found');
  });

  it('keeps its version when its metadata changes', async () => {
    await joinIn('meta');
    const { machine, instance: version } = await create({ region: 'meta' });
    const set = (changes: Record<string, string | null>, replace = false, machineVersion: string = version) =>
      world.command('set-metadata', { app, machine, changes, replace, machineVersion }, metadataResult);
    expect((await set({ a: '1', b: '2' })).result).toEqual({ metadata: { a: '1', b: '2' } });
    expect((await set({ a: null, c: '3' })).result).toEqual({ metadata: { b: '2', c: '3' } });
    expect((await set({ d: '4' }, true)).result).toEqual({ metadata: { d: '4' } });
    expect((await failureOf(set({}, false, 'other'))).status).toBe(412);
  });

  it('answers commands run in it, through its host', async () => {
    const host = await joinIn('exec');
    const { machine } = await create({ region: 'exec' });
    const row = await rowOf(host, machine);
    const command = await world.seal({ $plain: ['cat', '/etc/secret'] });
    const exec = () => world.command('exec-machine', { app, machine, command, timeoutMs: 2_000 }, execResult);
    expect((await failureOf(exec())).status).toBe(412);
    await host.report([
      { kind: 'started', ...observed(row), reach: { kind: 'direct' }, imageDigest: 'sha256:1' },
    ]);

    const result = { exit_code: 0, exit_signal: 0, stdout: 'x', stderr: '' };
    const asked = await host.answering('exec', result);
    expect((await exec()).result).toEqual(result);
    expect(asked).toMatchObject([{ machine, command: ['cat', '/etc/secret'], generation: row.generation }]);
    const [last] = await world.database.query<{ body: Buffer }>(
      'select body from envelope where aggregate = $1 order by version desc limit 1',
      [`machine/${machine}`],
    );
    expect(last?.body.toString()).toContain('MachineCommandExecuted');
    expect(last?.body.toString()).not.toContain('/etc/secret');
  });
});

describe('what is secret', () => {
  it('is not taken unsealed', async () => {
    await joinIn('plain');
    const refusal = await failureOf(create({ region: 'plain', config: plainConfig }));
    expect(refusal).toMatchObject({ code: 'invalid_command', status: 400 });
    expect(refusal.message).toContain('must be sealed before they are sent');
  });

  it('is the same wish however it was sealed, and whatever its tag stands for by now', async () => {
    await joinIn('again');
    const id = newId();
    const send = async (digit: string) => {
      const resolved_image = { digest: `sha256:${digit.repeat(64)}`, labels: {} };
      const sealed = (await world.seal(plainConfig)) as object;
      const wish = wanted({ region: 'again', config: { ...sealed, resolved_image } });
      return (await world.command('create-machine', wish, machineResult, { id })).result;
    };
    const first = await send('a');
    expect(first.config.resolved_image?.digest).toMatch(/^sha256:a+$/);
    expect(await send('b')).toEqual(first);
  });
});

describe('the vault', () => {
  it('learns where a machine is and whose credential its image needs, and nobody else does', async () => {
    const host = await joinIn('vault');
    const resolved_image = { digest: `sha256:${'a'.repeat(64)}`, labels: {}, credential: 'registry.test' };
    const { machine, generation } = await create({ region: 'vault', config: { ...config, resolved_image } });
    await rowOf(host, machine);
    const asking = (caller: string, about: string) =>
      world
        .commands(caller)
        .then((bus) =>
          bus.command('scheduler', 'placement', { id: newId(), input: { machine: about } }, placementResult),
        );
    expect((await asking('vault', machine)).result).toEqual({
      placement: {
        host: host.id,
        generation,
        organization: world.organization,
        registry: 'registry.test',
      },
    });
    expect((await asking('vault', newMachineId())).result).toEqual({ placement: null });
    for (const caller of ['api', host.id])
      await expect(asking(caller, machine)).rejects.toMatchObject({ code: 'caller_not_allowed' });
  });
});

describe('a lease', () => {
  it('keeps everybody else from the machine until it is given back', async () => {
    await joinIn('lease');
    const { machine } = await create({ region: 'lease' });
    const lease = (over: Record<string, unknown> = {}) =>
      world
        .command('acquire-lease', { app, machine, ttl: 30, ...over }, leaseResult)
        .then(({ result }) => result);
    const held = await lease({ description: 'deploy' });
    expect(held).toMatchObject({ description: 'deploy', owner: expect.stringMatching(/^token:tok_/) });

    const refusal = await failureOf(lease());
    expect(refusal.status).toBe(409);
    expect(refusal.message).toMatch(
      new RegExp(`^machine ID ${machine} lease currently held by token:tok_\\w+, expires at `),
    );
    const stop = (nonce?: string) =>
      world.command(
        'stop-machine',
        { app, machine, ...(nonce === undefined ? {} : { nonce }) },
        machineResult,
      );
    expect((await failureOf(stop())).code).toBe('lease_held');
    expect((await failureOf(stop('wrong'))).code).toBe('lease_held');
    expect((await stop(held.nonce)).result.state).toBe('stopping');

    const refreshed = await lease({ nonce: held.nonce, ttl: 60 });
    expect(refreshed.nonce).toBe(held.nonce);
    expect(refreshed.expiresAt).toBeGreaterThan(held.expiresAt);
    const seen = await world.command('get-lease', { app, machine }, leaseResult);
    expect(seen.result).toEqual({ ...refreshed, nonce: undefined });

    await world.command('release-lease', { app, machine, nonce: held.nonce }, done);
    expect((await failureOf(world.command('get-lease', { app, machine }, leaseResult))).message).toBe(
      'lease not found',
    );
    expect((await lease()).nonce).not.toBe(held.nonce);
  });

  it('is honoured by a change that began before it was taken, whatever the time is there', async () => {
    await joinIn('race');
    const { machine } = await create({ region: 'race' });
    const tx = await world.database.begin();
    await tx.query('select from placement where machine = $1 for update', [machine]);
    const stopping = failureOf(world.command('stop-machine', { app, machine }, machineResult));
    await world.eventually(async () => {
      const waiting = await world.database.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'select from placement%'`,
      );
      return waiting.length > 0;
    });
    await tx.query(
      `insert into lease (machine, nonce, owner, description, expires_at, version)
       values ($1, 'n', 'token:other', '', clock_timestamp() + interval '30 s', 'v')`,
      [machine],
    );
    await tx.commit();
    expect((await stopping).code).toBe('lease_held');
  });

  it('comes with a machine that is created with one, and goes with one that is destroyed', async () => {
    await joinIn('leased');
    const { machine, nonce } = await create({ region: 'leased', leaseTtl: 30 });
    expect((await failureOf(world.command('start-machine', { app, machine }, machineResult))).code).toBe(
      'lease_held',
    );
    await world.command('start-machine', { app, machine, nonce }, machineResult);
  });
});

describe('the choke point', () => {
  it('lets nobody in without a valid credential', async () => {
    await joinIn('auth');
    const { machine } = await create({ region: 'auth' });
    const start = (credential: string | undefined) =>
      world.command('start-machine', { app, machine }, machineResult, { credential });
    expect((await failureOf(start(newToken()))).status).toBe(401);
    expect((await failureOf(start(''))).status).toBe(401);
  });

  it('shows nothing of another organization, and lets readers only read', async () => {
    await joinIn('foreign');
    const { machine } = await create({ region: 'foreign' });
    const [stranger, reader] = [newToken(), newToken()];
    await world.allow(stranger, {
      kind: 'organization',
      organization: 'org_01hzzzzzzzzzzzzzzzzzzzzzz0',
      access: 'full',
    });
    await world.allow(reader, { kind: 'organization', organization: world.organization, access: 'read' });
    const stop = (credential: string) =>
      world.command('stop-machine', { app, machine }, machineResult, { credential });
    await world.eventually(async () => (await failureOf(stop(stranger))).status === 404);
    await world.eventually(async () => (await failureOf(stop(reader))).status === 403);
    const own = await world.app();
    expect(
      (await failureOf(world.command('stop-machine', { app: own, machine }, machineResult))).status,
    ).toBe(404);
  });

  it('knows hosts by their enrolment: no edge becomes a worker, and each follows its own feed', async () => {
    const host = await joinIn('hosts');
    const edge = await edgeHost();
    expect((await failureOf(edge.heartbeat())).code).toBe('host_refused');
    expect((await failureOf(edge.feed(`host/${host.id}`))).status).toBe(404);
    expect((await failureOf(host.feed(INSTANCE_FEED))).status).toBe(404);
    expect((await failureOf(host.heartbeat({ sealingKey: Buffer.alloc(32).toString('base64') }))).code).toBe(
      'sealing_key_mismatch',
    );
  });
});

describe('a host', () => {
  it('takes nothing new while cordoned, and is removed once it is empty', async () => {
    const host = await joinIn('retire');
    const { machine } = await create({ region: 'retire' });
    const ask = (name: string, input: Record<string, unknown>, credential = operator) =>
      world.command(name, { host: host.id, ...input }, done, { credential });
    expect((await failureOf(ask('cordon-host', { reason: 'old' }, world.token))).status).toBe(403);
    await ask('cordon-host', { reason: 'old' });
    expect((await failureOf(create({ region: 'retire' }))).message).toContain('it is cordoned');
    expect((await failureOf(ask('remove-host', {}))).code).toBe('host_in_use');

    await world.command('destroy-machine', { app, machine, force: true }, machineResult);
    await host.report([{ kind: 'whole-state', machines: [] }]);
    await ask('remove-host', {});
    expect((await failureOf(host.heartbeat())).code).toBe('host_removed');
  });

  it('tells edges at once when it is reached in another way', async () => {
    const host = await joinIn('reach');
    const edge = await edgeHost();
    const { machine } = await create({ region: 'reach' });
    expect((await instance(edge, machine)).worker).toBeNull();
    await host.heartbeat({ forward: { host: '192.0.2.7', port: 7001 } });
    await world.eventually(async () => (await instance(edge, machine)).worker?.port === 7001);
  });
});

describe('reports', () => {
  it('are stored once and in order, however they are sent', async () => {
    const host = await joinIn('reports');
    const { machine } = await create({ region: 'reports' });
    const row = await rowOf(host, machine);
    const started = {
      kind: 'started' as const,
      ...observed(row),
      reach: { kind: 'direct' as const },
      imageDigest: 'a',
    };
    const stopped = { kind: 'exited' as const, ...observed(row), exit: cleanExit };
    expect(await host.report([started, stopped], 1)).toBe(2);
    expect(await host.report([started, stopped], 1)).toBe(2);
    expect(await host.report([{ kind: 'gap', from: 3, to: 6, reason: 'the outbox was full' }], 7)).toBe(7);
    expect(await world.eventsOf(`machine/${machine}`)).toEqual([
      'MachineCreated',
      'MachinePlaced',
      'MachineStarted',
      'MachineExited',
    ]);
    expect(await world.eventsOf(`host/${host.id}`)).toContain('HostReportsMissed');
  });

  it('that were taken in again from the stream are stored, though their answers were lost', async () => {
    const host = await joinIn('adopted');
    const { machine } = await create({ region: 'adopted' });
    const facts = [{ kind: 'exited' as const, ...observed(await rowOf(host, machine)), exit: cleanExit }];
    expect(await host.report(facts, 1)).toBe(1);
    const { pool } = world.testDatabase;
    await pool.query(`update scheduler.command set digest = '', answer = '{"lost":true}' where id like $1`, [
      `report.${host.id}.%`,
    ]);
    await pool.query('delete from scheduler.report_cursor where host = $1', [host.id]);
    expect(await host.report(facts, 1)).toBe(1);
    expect(await world.eventsOf(`machine/${machine}`)).toEqual([
      'MachineCreated',
      'MachinePlaced',
      'MachineExited',
    ]);
  });

  it('of another host say nothing of a machine', async () => {
    const host = await joinIn('others');
    const liar = await TestHost.join(world, 'others-2', { region: 'elsewhere' });
    const { machine } = await create({ region: 'others' });
    await liar.report([{ kind: 'exited', ...observed(await rowOf(host, machine)), exit: cleanExit }]);
    expect(await world.eventsOf(`machine/${machine}`)).toEqual(['MachineCreated', 'MachinePlaced']);
  });

  it('settle a destruction that the host forgot to confirm', async () => {
    const host = await joinIn('forgot');
    const { machine } = await create({ region: 'forgot' });
    await world.command('destroy-machine', { app, machine, force: true }, machineResult);
    await host.report([{ kind: 'whole-state', machines: [] }]);
    expect(await world.eventsOf(`machine/${machine}`)).toContain('MachineDestroyed');
  });
});

async function edgeHost() {
  const edge = TestHost.of(world, 'edge');
  await edge.enrol('edge');
  return edge;
}

async function instance(edge: TestHost, machine: MachineId) {
  return world.eventually(async () => {
    const page = await edge.feed(INSTANCE_FEED).catch(() => null);
    const row = page?.changes.find(({ key }) => key === machine)?.row;
    return row ? instanceRow.parse(row) : undefined;
  });
}
