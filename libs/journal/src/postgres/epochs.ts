import {
  EPOCH_STARTED,
  epochStart,
  JOURNAL_AGGREGATE,
  toTimestamp,
  type JournalEpochStarted,
  type Service,
} from '@bulkhead/contracts';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { Sql } from '../ports/sql.js';
import { encodeBody } from '../store/body.js';

interface NewEpoch {
  readonly service: Service;
  readonly reason: JournalEpochStarted['reason'];
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Begins a new epoch within a transaction whose search path is the journal's schema: its first event takes the next position at
 * once, leaders lose their terms, feeds get new ids.
 */
export async function startEpoch(tx: Sql, { service, reason, clock, random }: NewEpoch): Promise<string> {
  await tx.query('lock table leadership in exclusive mode');
  await tx.query(`update leadership set term = term + 1, holder = '', expires_at = '-infinity'`);
  const [last] = await tx.query<{ id: string }>('select id from epoch order by last_position desc limit 1');
  const start = Math.max(Math.floor(clock.now().getTime() / 1000), last ? epochStart(last.id) + 1 : 1);
  const epoch = `${start}-${random.bytes(6).toString('hex')}`;
  const [head] = await tx.query<{ position: string }>(
    'select coalesce(max(position), 0) as position from record',
  );
  const lastPosition = Number(head?.position ?? 0);
  await tx.query('insert into epoch (id, last_position) values ($1, $2)', [epoch, lastPosition]);
  await recordFirstEvent(tx, service, { epoch, lastPosition, reason }, clock, random);
  await tx.query(`update feed set id = $1`, [random.id()]);
  return epoch;
}

async function recordFirstEvent(
  tx: Sql,
  service: Service,
  data: JournalEpochStarted,
  clock: Clock,
  random: Random,
) {
  const aggregate = { type: JOURNAL_AGGREGATE, id: service };
  const key = `${JOURNAL_AGGREGATE}/${service}`;
  const [before] = await tx.query<{ count: string }>(
    'select count(*) as count from envelope where aggregate = $1',
    [key],
  );
  const version = Number(before?.count ?? 0) + 1;
  const id = random.id();
  const body = encodeBody({
    id,
    service,
    aggregate,
    version,
    command: `epoch-${data.epoch}`,
    actor: { kind: 'service', id: service },
    organization: 'platform',
    occurredAt: toTimestamp(clock.now()),
    events: [{ type: EPOCH_STARTED, v: 1, data: { ...data } }],
  });
  await tx.query(
    `with stored as (insert into envelope (aggregate, version, id, body) values ($1, $2, $3, $4) returning seq)
     insert into record (position, epoch, recorded_at, seq)
     select $5::bigint + 1, $6, greatest(date_trunc('milliseconds', clock_timestamp()), (select max(recorded_at) from record)), seq from stored`,
    [key, version, id, body, data.lastPosition, data.epoch],
  );
}
