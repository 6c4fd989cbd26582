import {
  hostAggregate,
  isJoined,
  isLiving,
  machineAggregate,
  type HostEvent,
  type HostState,
  type JoinedHost,
  type LivingMachine,
  type MachineEvent,
  type MachineState,
} from '@bulkhead/domain';
import { schedulerContracts } from '@bulkhead/contracts/events';
import type { ProjectionDefinition, ReadEnvelope, Row, Sql } from '@bulkhead/journal';
import { byAggregate, writeEvents } from './event-rows.js';
import { writeRows } from './rows.js';

/** Machines and hosts as the scheduler's journal tells them: the domain's own fold, with columns to find rows by. */
export const schedulerProjection: ProjectionDefinition = {
  name: 'api-machines',
  journal: 'scheduler',
  contracts: schedulerContracts,
  tables: ['machine', 'host', 'scheduler_event'],
  async apply(tx, batch) {
    await writeEvents(tx, 'scheduler_event', batch);
    await writeMachines(tx, byAggregate(batch, machineAggregate.type));
    await writeHosts(tx, byAggregate(batch, hostAggregate.type));
  },
};

type Groups = ReadonlyMap<string, readonly ReadEnvelope[]>;

interface Stored<State> extends Row {
  readonly id: string;
  readonly status: string;
  readonly state: State;
  readonly created_at: Date;
}

/** Rows that the envelopes of a batch change, as they are. */
async function storedRows<State>(
  tx: Sql,
  table: 'machine' | 'host',
  groups: Groups,
): Promise<Map<string, Stored<State>>> {
  const rows = await tx.query<Stored<State>>(
    `select id, status, state, created_at from ${table} where id = any($1::text[])`,
    [[...groups.keys()]],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

const timesOf = (stored: Stored<unknown> | undefined, envelopes: readonly ReadEnvelope[]) => ({
  created_at: stored?.created_at.toISOString() ?? envelopes[0]?.occurredAt,
  updated_at: envelopes.at(-1)?.record.recordedAt,
  version: envelopes.at(-1)?.version,
});

const MACHINE = {
  id: 'text',
  organization: 'text',
  app: 'text',
  name: 'text',
  region: 'text',
  status: 'text',
  instance: 'text',
  host: 'text',
  state: 'jsonb',
  version: 'int',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
} as const;

async function writeMachines(tx: Sql, groups: Groups): Promise<void> {
  if (groups.size === 0) return;
  const stored = await storedRows<LivingMachine>(tx, 'machine', groups);
  const rows = [...groups].flatMap(([id, envelopes]) => {
    const row = stored.get(id);
    const { status, living } = followMachine(row, envelopes);
    if (!living) return [];
    const { organization, app, name, instance, placement } = living;
    const region = placement?.region ?? living.region;
    const columns = { organization, app, name, region, instance, host: placement?.host ?? null };
    return [{ id, ...columns, status, state: living, ...timesOf(row, envelopes) }];
  });
  await writeRows(tx, 'machine', MACHINE, rows, 'id');
}

/** A machine's status, and its last living state: what a destroyed one was stays readable. */
function followMachine(row: Stored<LivingMachine> | undefined, envelopes: readonly ReadEnvelope[]) {
  let state: MachineState = row ? stateOf(row) : machineAggregate.initial;
  let living: LivingMachine | undefined = row?.state;
  for (const event of envelopes.flatMap(({ events }) => events)) {
    state = machineAggregate.evolve(state, event as MachineEvent);
    if (isLiving(state)) living = state;
  }
  return { status: state.status, living };
}

function stateOf({ status, state }: Stored<LivingMachine>): MachineState {
  if (status !== 'destroyed') return state;
  const { machine, app, organization, name } = state;
  return { status, machine, app, organization, name };
}

const HOST = {
  id: 'text',
  name: 'text',
  region: 'text',
  status: 'text',
  state: 'jsonb',
  version: 'int',
  created_at: 'timestamptz',
  updated_at: 'timestamptz',
} as const;

async function writeHosts(tx: Sql, groups: Groups): Promise<void> {
  if (groups.size === 0) return;
  const stored = await storedRows<JoinedHost>(tx, 'host', groups);
  const rows = [...groups].flatMap(([id, envelopes]) => {
    const row = stored.get(id);
    const { status, joined } = followHost(row, envelopes);
    if (!joined) return [];
    const { name, region } = joined;
    return [{ id, name, region, status, state: joined, ...timesOf(row, envelopes) }];
  });
  await writeRows(tx, 'host', HOST, rows, 'id');
}

function followHost(row: Stored<JoinedHost> | undefined, envelopes: readonly ReadEnvelope[]) {
  const before: HostState | undefined = row && row.status === 'removed' ? removed(row.state) : row?.state;
  let state = before ?? hostAggregate.initial;
  let joined = row?.state;
  for (const event of envelopes.flatMap(({ events }) => events)) {
    state = hostAggregate.evolve(state, event as HostEvent);
    if (isJoined(state)) joined = state;
  }
  return { status: state.status, joined };
}

const removed = ({ host, number }: JoinedHost): HostState => ({ status: 'removed', host, number });
