import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newToken } from '@bulkhead/auth';
import { hostAbilitiesResult, machineResult } from '@bulkhead/contracts/commands/scheduler';
import {
  journalStatusResult,
  replayStatusResult,
  startReplayResult,
  stateAtResult,
} from '@bulkhead/contracts/commands/upkeep';
import type { AppId, MachineId } from '@bulkhead/domain';
import { TestHost } from './testing/test-host.js';
import { World } from './testing/world.js';

let world: World;
let host: TestHost;
let app: AppId;
let machine: MachineId;
const operator = newToken();
const asOperator = { credential: operator };

const config = (image: string, secret: string) => ({
  image,
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  env: { $plain: { PASSWORD: secret } },
});

beforeAll(async () => {
  world = await World.start();
  await world.scheduler();
  await world.scheduler();
  await world.allow(operator, { kind: 'platform' });
  app = await world.app('shop');
  host = await TestHost.join(world, 'one', {
    abilities: { accel: 'kvm', network: 'direct', isolated: 'true', missing: '' },
  });
  const first = await world.seal(config('registry.test/app:1', 'hunter2'));
  const wanted = { app, launch: false, cordoned: false };
  ({ machine } = (await world.command('create-machine', { ...wanted, config: first }, machineResult)).result);
  const second = await world.seal(config('registry.test/app:2', 'hunter3'));
  await world.command('update-machine', { app, machine, launch: false, config: second }, machineResult);
});
afterAll(() => world.stop());

/** Where the journal has each envelope of the machine, oldest first. */
const recorded = () =>
  world.eventually(async () => {
    const rows = await world.database.query<{ position: string; recorded_at: Date }>(
      `select r.position, r.recorded_at from record r join envelope e using (seq) where e.aggregate = $1 order by r.position`,
      [`machine/${machine}`],
    );
    return rows.length >= 2 && rows;
  });

const stateAt = async (at: { position: number } | { time: string }, id: string = machine) =>
  (await world.command('state-at', { type: 'machine', id, at }, stateAtResult, asOperator)).result;

describe('the state of a machine at a time', () => {
  it('is the older configuration, by position and by time of recording', async () => {
    const [made, updated] = await recorded();
    const position = Number(made?.position);
    const then = await stateAt({ position });
    expect(then).toMatchObject({
      position,
      record: { position, recordedAt: made?.recorded_at.toISOString() },
      version: 1,
      state: { config: { image: 'registry.test/app:1', env: { $sealed: true } } },
    });
    expect(JSON.stringify(then)).not.toContain('hunter');
    const later = await stateAt({ time: updated?.recorded_at.toISOString() ?? '' });
    expect(later.state).toMatchObject({ config: { image: 'registry.test/app:2' } });
    expect(later.version).toBeGreaterThan(1);
  });

  it('is nothing before it was made, and not known beyond the end of the journal', async () => {
    expect(await stateAt({ time: new Date(0).toISOString() })).toMatchObject({
      position: 0,
      version: 0,
      record: null,
    });
    await expect(stateAt({ position: 1_000_000 })).rejects.toMatchObject({ code: 'not_in_journal' });
  });

  it('is shown to the operator alone', async () => {
    const input = { type: 'machine', id: machine, at: { position: 1 } };
    await expect(world.command('state-at', input, stateAtResult)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('a replay', () => {
  it.each(['scheduler-feeds', 'scheduler-api', 'scheduler-vault'])(
    'of %s finds no drift, whichever copy is asked about it',
    async (projection) => {
      const input = { projection, swap: false };
      const { result } = await world.command('start-replay', input, startReplayResult, asOperator);
      const found = await world.eventually(async () => {
        const status = await world.command('replay-status', result, replayStatusResult, asOperator);
        return status.result.state !== 'running' && status.result;
      });
      expect(found).toMatchObject({ state: 'done', report: { drift: [], parked: [], swapped: false } });
    },
  );
});

it('says how its journal, stream and projections stand', async () => {
  await world.eventually(async () => {
    const { result } = await world.command('journal-status', {}, journalStatusResult, asOperator);
    const { head, stream, readers, surplus } = result;
    return (
      surplus === 0 &&
      stream?.lastSequence === head.position &&
      readers.find(({ name }) => name === 'scheduler-feeds')?.cursor.position === head.position
    );
  });
});

it('tells what hosts said they can do', async () => {
  const { result } = await world.command('host-abilities', {}, hostAbilitiesResult, asOperator);
  expect(result.hosts).toMatchObject([{ host: host.id, abilities: { accel: 'kvm', isolated: 'true' } }]);
});
