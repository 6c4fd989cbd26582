import { compareGenerations, type LivingMachine } from '@bulkhead/domain';
import { streamName } from '@bulkhead/contracts';
import type { Users } from '../world/users.js';
import type { World } from '../world/world.js';
import { Violation } from './violation.js';
import type { Watch } from './watch.js';

const PROMISE = 'once faults end everything becomes as it should be';

/** @throws Violation */
export function checkConvergence(world: World, watch: Watch, users: Users): void {
  checkJournal(world, watch, users);
  for (const host of world.hosts) {
    const state = watch.journal.hosts.get(host.id);
    if (state?.status !== 'ready') throw notSo(`${host.name} is ${state?.status ?? 'unknown'}`);
    if (host.outbox > 0) throw notSo(`${host.name} still has ${host.outbox} reports to send`);
  }
  for (const machine of watch.journal.living()) checkMachine(world, watch, machine);
  for (const guest of watch.guests.running)
    if (!watch.journal.living().some(({ machine }) => machine === guest.machine))
      throw notSo(`${guest.machine} runs on ${guest.host} though it was destroyed`);
  for (const edge of world.edges) checkEdge(world, edge.process.name, edge.rows);
}

function checkJournal({ site }: World, { journal }: Watch, users: Users): void {
  const schema = site.database.schema('scheduler');
  if (users.pending > 0) throw notSo(`${users.pending} commands have no answer`);
  if (schema.pending.length > 0) throw notSo(`${schema.pending.length} envelopes have no position`);
  const inStream = site.streams.messagesOf(streamName('scheduler')).at(-1)?.sequence ?? 0;
  if (inStream !== schema.recorded.length)
    throw notSo(`the stream is at ${inStream}, the journal at ${schema.recorded.length}`);
  for (const [reader, row] of schema.table('cursor'))
    if (row['journal'] === 'scheduler' && row['position'] !== schema.recorded.length)
      throw notSo(`${reader} is at ${String(row['position'])}, the journal at ${schema.recorded.length}`);
  if (schema.table('parked').size > 0) throw notSo('something is parked');
  for (const { id, name, touched } of users.acknowledged)
    for (const { aggregate, version } of touched ?? [])
      if (journal.written.get(id)?.get(`${aggregate.type}/${aggregate.id}`) !== version)
        throw new Violation('no acknowledged command is lost', `${name} ${id} is not in the journal`);
}

function checkMachine(world: World, watch: Watch, machine: LivingMachine): void {
  const running = watch.guests.of(machine.machine);
  const told = `${machine.machine} is ${machine.status}, to be ${machine.desired}, and runs on ${running.map(({ host }) => host).join() || 'no host'}`;
  if (running.length > 1) throw notSo(told);
  const [guest] = running;
  const host = world.hosts.find(({ id }) => id === machine.placement?.host);
  const isThere =
    guest &&
    guest.host === host?.name &&
    machine.placement !== null &&
    compareGenerations(guest.generation, machine.placement.generation) === 0;
  switch (machine.status) {
    case 'started':
      if (!isThere) throw notSo(told);
      return;
    case 'created':
    case 'stopped':
    case 'suspended':
    case 'failed':
      if (guest) throw notSo(told);
      return;
    case 'restarting':
      // Between two tries of its restart policy.
      if (guest) throw notSo(told);
      return;
    default:
      throw notSo(told);
  }
}

function checkEdge({ site }: World, name: string, rows: ReadonlyMap<string, unknown>): void {
  const kept = [...site.database.schema('scheduler').table('feed_change').values()].filter(
    (row) => row['feed'] === 'instances' && row['value'] !== null,
  );
  if (kept.length !== rows.size) throw notSo(`${name} knows ${rows.size} instances of ${kept.length}`);
  for (const { key, value } of kept)
    if (JSON.stringify(rows.get(String(key))) !== JSON.stringify(value))
      throw notSo(`${name} has another row of ${String(key)}`);
}

const notSo = (what: string) => new Violation(PROMISE, what);
