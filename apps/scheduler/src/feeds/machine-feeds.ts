import { isDeepStrictEqual } from 'node:util';
import {
  isLiving,
  machineAggregate,
  type HostEvent,
  type HostId,
  type LivingMachine,
  type MachineEvent,
  type MachineId,
  type MachineState,
} from '@bulkhead/domain';
import { hostFeed, INSTANCE_FEED } from '@bulkhead/contracts';
import { schedulerContracts } from '@bulkhead/contracts/events';
import type { FeedWriter, ProjectionDefinition, ReadEnvelope, Sealer, Sql } from '@bulkhead/journal';
import { z } from 'zod';
import { hostRowOf, partsOfHostRow } from './host-row.js';
import { instanceRowOf, partsOfInstanceRow } from './instance-row.js';
import type { Worker } from './worker.js';

/** A machine before and after a batch. */
interface Change {
  readonly machine: MachineId;
  readonly before: MachineState;
  readonly after: MachineState;
  /** Of the last command about it that had one, and of the one before the batch. */
  readonly trace: string | null;
  readonly traceBefore: string | null;
}

type Workers = ReadonlyMap<HostId, Worker>;

export const FEEDS_PROJECTION = 'scheduler-feeds';

/** What each host is to run, sealed to it, and what edges may route to: both from the scheduler's own journal. */
export const machineFeeds = (sealer: Sealer): ProjectionDefinition => ({
  name: FEEDS_PROJECTION,
  journal: 'scheduler',
  contracts: schedulerContracts,
  tables: ['machine', 'worker'],
  async apply(tx, batch, feed) {
    const moved = await keepWorkers(tx, batch);
    const changes = await changesOf(tx, batch);
    const fellows = await machinesOn(tx, moved, changes);
    await keepMachines(tx, changes);
    const workers = await workersOf(tx, [...changes, ...fellows]);
    for (const change of changes.filter(isNewsToHost)) await putHostRows(sealer, feed, change, workers);
    for (const change of [...changes.filter(isNewsToEdges), ...fellows])
      await putInstance(sealer, feed, change, workers);
  },
});

/** Writes down the hosts that joined or changed. @returns those whose machines edges now reach in another way. */
async function keepWorkers(tx: Sql, batch: readonly ReadEnvelope[]): Promise<readonly HostId[]> {
  const moved: HostId[] = [];
  for (const { aggregate, events } of batch.filter((envelope) => envelope.aggregate.type === 'host'))
    for (const event of events as readonly HostEvent[]) {
      if (event.type !== 'HostJoined' && event.type !== 'HostChanged') continue;
      const forward = event.data.forward === null ? null : JSON.stringify(event.data.forward);
      if (event.type === 'HostJoined')
        await tx.query(
          `insert into worker (id, sealing_key, forward) values ($1, $2, $3)
           on conflict (id) do update set sealing_key = excluded.sealing_key, forward = excluded.forward`,
          [aggregate.id, event.data.sealingKey, forward],
        );
      else {
        const rows = await tx.query(
          'update worker set forward = $2 where id = $1 and forward is distinct from $2::jsonb returning 1',
          [aggregate.id, forward],
        );
        if (rows.length > 0) moved.push(aggregate.id as HostId);
      }
    }
  return moved;
}

const stateRow = z.object({ id: z.string(), state: z.unknown(), trace: z.string().nullable() });
/** A state that this projection itself folded and wrote. */
const parseState = (row: unknown): KnownMachine => stateRow.parse(row) as KnownMachine;
interface KnownMachine {
  readonly id: MachineId;
  readonly state: MachineState;
  readonly trace: string | null;
}

async function changesOf(tx: Sql, batch: readonly ReadEnvelope[]): Promise<Change[]> {
  const byMachine = Map.groupBy(
    batch.filter(({ aggregate }) => aggregate.type === 'machine'),
    ({ aggregate }) => aggregate.id as MachineId,
  );
  if (byMachine.size === 0) return [];
  const rows = await tx.query('select id, state, trace from machine where id = any($1::text[])', [
    [...byMachine.keys()],
  ]);
  const known = new Map(rows.map(parseState).map((row) => [row.id, row]));
  return [...byMachine].map(([machine, envelopes]) => {
    const before = known.get(machine)?.state ?? machineAggregate.initial;
    const traceBefore = known.get(machine)?.trace ?? null;
    const events = envelopes.flatMap((envelope) => envelope.events as readonly MachineEvent[]);
    const trace = envelopes.findLast((envelope) => envelope.trace)?.trace ?? traceBefore;
    return { machine, before, after: events.reduce(machineAggregate.evolve, before), trace, traceBefore };
  });
}

/** Machines on hosts that changed, beside those that changed themselves. */
async function machinesOn(tx: Sql, hosts: readonly HostId[], changes: readonly Change[]): Promise<Change[]> {
  if (hosts.length === 0) return [];
  const rows = await tx.query('select id, state, trace from machine where host = any($1::text[])', [
    [...hosts],
  ]);
  const changed = new Set(changes.map(({ machine }) => machine));
  return rows
    .map(parseState)
    .filter(({ id }) => !changed.has(id))
    .map(({ id, state, trace }) => ({ machine: id, before: state, after: state, trace, traceBefore: trace }));
}

async function keepMachines(tx: Sql, changes: readonly Change[]): Promise<void> {
  const living = changes.flatMap(({ after, trace }) => (isLiving(after) ? [{ state: after, trace }] : []));
  const gone = changes.filter(({ after }) => !isLiving(after)).map(({ machine }) => machine);
  if (living.length > 0)
    await tx.query(
      `insert into machine (id, host, state, trace)
       select id, host, state, nullif(trace, '')
       from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[]) as made (id, host, state, trace)
       on conflict (id) do update set host = excluded.host, state = excluded.state, trace = excluded.trace`,
      [
        living.map(({ state }) => state.machine),
        living.map(({ state }) => state.placement?.host ?? ''),
        living.map(({ state }) => JSON.stringify(state)),
        living.map(({ trace }) => trace ?? ''),
      ],
    );
  if (gone.length > 0) await tx.query('delete from machine where id = any($1::text[])', [gone]);
}

const workerRow = z.object({
  id: z.string(),
  sealing_key: z.string(),
  forward: z.object({ host: z.string(), port: z.number() }).nullable(),
});

async function workersOf(tx: Sql, changes: readonly Change[]): Promise<Workers> {
  const hosts = [...new Set(changes.flatMap(({ after }) => hostOf(after) ?? []))];
  if (hosts.length === 0) return new Map();
  const rows = await tx.query('select * from worker where id = any($1::text[])', [hosts]);
  return new Map(
    rows.map((row) => {
      const { id, sealing_key: sealingKey, forward } = workerRow.parse(row);
      return [id as HostId, { sealingKey, forward }];
    }),
  );
}

const hostOf = (state: MachineState): HostId | null =>
  isLiving(state) && state.placement ? state.placement.host : null;

/** Most reports say only what the host knows already: sealing and sending its row again would tell it nothing. */
const isNewsToHost = ({ before, after, trace, traceBefore }: Change): boolean =>
  !isLiving(before) ||
  !isLiving(after) ||
  !isDeepStrictEqual(partsOfHostRow(before, traceBefore), partsOfHostRow(after, trace));

const isNewsToEdges = ({ before, after }: Change): boolean =>
  !isRoutable(before) ||
  !isRoutable(after) ||
  !isDeepStrictEqual(partsOfInstanceRow(before), partsOfInstanceRow(after));

async function putHostRows(
  sealer: Sealer,
  feed: FeedWriter,
  { machine, before, after, trace }: Change,
  workers: Workers,
) {
  const left = hostOf(before);
  const host = hostOf(after);
  if (left !== null && left !== host) feed.put(hostFeed(left), machine, null);
  if (host !== null && isLiving(after))
    feed.put(hostFeed(host), machine, await hostRowOf(sealer, after, workerOf(workers, host), trace));
}

async function putInstance(sealer: Sealer, feed: FeedWriter, { machine, after }: Change, workers: Workers) {
  const host = hostOf(after);
  const row =
    host !== null && isRoutable(after) ? await instanceRowOf(sealer, after, workerOf(workers, host)) : null;
  feed.put(INSTANCE_FEED, machine, row);
}

/** Edges see no machine that exposes nothing, and none on its way out. */
const isRoutable = (state: MachineState): state is LivingMachine =>
  isLiving(state) && state.desired !== 'destroyed' && (state.config.services ?? []).length > 0;

/** A host joins in this journal before anything is placed on it. */
function workerOf(workers: Workers, host: HostId): Worker {
  const worker = workers.get(host);
  if (!worker) throw new Error(`a machine is placed on ${host}, which never joined`);
  return worker;
}
