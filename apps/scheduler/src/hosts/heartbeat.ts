import { hostAggregate, isJoined, type HostCommand, type HostId } from '@bulkhead/domain';
import { heartbeat as input, TerminalError, type Heartbeat } from '@bulkhead/contracts';
import type { Decision } from '@bulkhead/journal';
import { z } from 'zod';
import { handler, type Context } from '../access/handler.js';
import { hostOf } from '../access/sender.js';
import { commandOf } from '../machines/change-machine.js';
import { keepHost } from '../placement/tables.js';
import type { Scheduler } from '../scheduler.js';
import type { IdentityRow } from '../storage/entities.js';

/** A worker lives. Its first heartbeat makes it a host; one after a silence brings it back; what it says of itself is kept. */
export const heartbeat = (scheduler: Scheduler) =>
  handler({
    callers: ['host'],
    access: { by: 'host', kinds: ['worker'] },
    input,
    handle: async (context, beat) => {
      const host = hostOf(context.principal);
      if (context.principal.kind === 'host') assertSealingKey(context.principal.identity, beat.sealingKey);
      const known = await keepHeartbeat(scheduler, host, beat);
      if (known?.status === 'removed')
        throw new TerminalError('host_removed', `host ${host} was removed; enrol it again under a new name`, {
          status: 403,
        });
      if (!known || known.status !== 'ready' || differs(known, beat))
        await introduce(scheduler, context, host, beat);
      return { result: { ok: true } };
    },
  });

/** A host's feed is sealed to the key it enrolled with, whatever it says later. */
function assertSealingKey({ name, sealKey }: IdentityRow, said: string): void {
  if (sealKey === null || Buffer.from(sealKey, 'base64').equals(Buffer.from(said, 'base64'))) return;
  throw new TerminalError('sealing_key_mismatch', 'this is not the sealing key the host enrolled with', {
    status: 403,
    operator: `${name} sends another sealing key than it enrolled with`,
  });
}

const knownHost = z.object({
  status: z.enum(['ready', 'lost', 'removed']),
  region: z.string(),
  labels: z.record(z.string(), z.string()),
  cpus: z.number(),
  memory_mb: z.number(),
  disk_mb: z.number(),
  forward: z.object({ host: z.string(), port: z.number() }).nullable(),
});
type KnownHost = z.infer<typeof knownHost>;

/** Writes the heartbeat down, and gives what is known of its host. */
async function keepHeartbeat(scheduler: Scheduler, host: HostId, beat: Heartbeat): Promise<KnownHost | null> {
  const { version, abilities } = beat;
  const [row] = await scheduler.database.prepared(
    'scheduler.heartbeat',
    `with beat as (
       insert into heartbeat (host, at, silent_ms, version, abilities) values ($1, $2, 0, $3, $4)
       on conflict (host) do update set at = excluded.at, silent_ms = 0, version = excluded.version,
         abilities = excluded.abilities
     )
     select status, region, labels, cpus, memory_mb, disk_mb, forward from host where id = $1`,
    [host, scheduler.clock.now(), version, JSON.stringify(abilities)],
  );
  return row ? knownHost.parse(row) : null;
}

const differs = (known: KnownHost, { region, labels, capacity, forward }: Heartbeat): boolean =>
  known.region !== region ||
  known.cpus !== capacity.cpus ||
  known.memory_mb !== capacity.memoryMb ||
  known.disk_mb !== capacity.diskMb ||
  known.forward?.host !== forward?.host ||
  known.forward?.port !== forward?.port ||
  Object.keys(known.labels).length !== Object.keys(labels).length ||
  Object.entries(labels).some(([label, value]) => known.labels[label] !== value);

/** Joins a host that is new, else writes down its return and what has changed of it. */
async function introduce(
  scheduler: Scheduler,
  context: Context,
  host: HostId,
  beat: Heartbeat,
): Promise<void> {
  const { name, sealingKey, ...said } = propertiesOf(beat);
  await scheduler.journal.execute(commandOf(scheduler, context, beat), async (decision) => {
    const loaded = await decision.load(hostAggregate, host);
    const wishes: HostCommand[] = isJoined(loaded.state)
      ? [{ type: 'return' }, { type: 'change', ...said }]
      : [{ type: 'join', host, name, sealingKey, number: await nextNumber(decision), ...said }];
    const events = wishes.flatMap((wish) => [...hostAggregate.decide(wish, loaded.state)]);
    decision.append(loaded, events, 'platform');
    await keepHost(decision, events.reduce(hostAggregate.evolve, loaded.state));
    return { ok: true };
  });
}

/** What is written down of a host. The rest of a heartbeat is of the moment. */
const propertiesOf = ({ name, sealingKey, region, labels, capacity, forward }: Heartbeat) => ({
  name,
  sealingKey,
  region,
  labels,
  capacity,
  forward,
});

/**
 * Hosts are never forgotten, so the highest number ever given is the highest there is. Hosts that join at once take turns, until
 * the one before has committed.
 */
async function nextNumber(decision: Decision): Promise<number> {
  await decision.sql(`select pg_advisory_xact_lock(hashtext('host number'))`);
  const [row] = await decision.sql('select coalesce(max(number), 0)::int + 1 as next from host');
  return z.object({ next: z.number() }).parse(row).next;
}
