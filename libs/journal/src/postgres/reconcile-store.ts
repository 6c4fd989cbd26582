import type { JournalEpochStarted, Service } from '@bulkhead/contracts';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { Database } from '../ports/sql.js';
import type { Recorded } from '../relay/recorded.js';
import type { ReconcileStore } from '../relay/reconcile.js';
import { aggregateKey, decodeBody } from '../store/body.js';
import { LOST_ANSWER } from '../store/store.js';
import { startEpoch } from './epochs.js';
import { checkedName } from './schema.js';

/** An operator's repairs of the journal in one schema. */
export class PostgresReconcileStore implements ReconcileStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    private readonly service: Service,
    schema: string,
    private readonly clock: Clock = systemClock,
    private readonly random: Random = systemRandom,
  ) {
    this.schema = checkedName(schema);
  }

  startEpoch(reason: JournalEpochStarted['reason']): Promise<string> {
    const { service, clock, random } = this;
    return this.database.transaction(async (tx) => {
      await tx.query(`set local search_path = ${this.schema}`);
      return startEpoch(tx, { service, reason, clock, random });
    });
  }

  adopt(surplus: readonly Recorded[]): Promise<void> {
    return this.database.transaction(async (tx) => {
      await tx.query(`set local search_path = ${this.schema}`);
      await tx.query('lock table leadership in exclusive mode');
      for (const { record, body } of surplus) {
        const { id, aggregate, version, service, command } = decodeBody(body);
        if (service !== this.service)
          throw new Error(`the envelope at ${record.position} is of ${service}, not of ${this.service}`);
        const taken = await tx.query(
          `with known as (
             select seq from envelope where aggregate = $1 and version = $2 and id = $3 and body = $4
           ), carried as (
             delete from pending where seq in (select seq from known)
           ), stored as (
             insert into envelope (aggregate, version, id, body)
             select $1, $2, $3, $4 where not exists (select from known) returning seq
           )
           insert into record (position, epoch, recorded_at, seq)
           select $5, $6, $7, seq from (select seq from known union all select seq from stored) as taken
           where $5::bigint = (select max(position) + 1 from record) and exists (select from epoch where id = $6) returning 1`,
          [
            aggregateKey(aggregate),
            version,
            id,
            Buffer.from(body),
            record.position,
            record.epoch,
            record.recordedAt,
          ],
        );
        if (taken.length === 0)
          throw new Error(`the envelope at ${record.position} doesn't follow the journal`);
        await tx.query(
          `insert into command (id, digest, outcome, answer) values ($1, '', 'done', $2) on conflict do nothing`,
          [command, LOST_ANSWER],
        );
      }
    });
  }
}
