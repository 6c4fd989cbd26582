import { toTimestamp, type Cursor } from '@bulkhead/contracts';
import type { Leader } from '../leadership/leadership.js';
import type { Database } from '../ports/sql.js';
import type { Recorded } from '../relay/recorded.js';
import type { RelayStore } from '../relay/relay-store.js';
import { checkedName } from './schema.js';

interface RecordedRow {
  readonly [column: string]: unknown;
  readonly position: string;
  readonly epoch: string;
  readonly recorded_at: Date;
  readonly id: string;
  readonly aggregate: string;
  readonly body: Buffer;
}

const toRecorded = ({ position, epoch, recorded_at, id, aggregate, body }: RecordedRow): Recorded => ({
  record: { epoch, position: Number(position), recordedAt: toTimestamp(recorded_at) },
  id,
  aggregate,
  body,
});

const COLUMNS = 'r.position, r.epoch, r.recorded_at, e.id, e.aggregate, e.body';

/** Positions and pages of the journal in one schema. */
export class PostgresRelayStore implements RelayStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.schema = checkedName(schema);
  }

  async record({ holder, term }: Leader, most: number): Promise<readonly Recorded[]> {
    const rows = await this.database.prepared<RecordedRow>(
      `${this.schema}.relay`,
      `select * from ${this.schema}.relay_record($1, $2, $3)`,
      [holder, term, most],
    );
    return rows.map(toRecorded);
  }

  async head(): Promise<Cursor> {
    const [row] = await this.database.query<{ epoch: string; position: string }>(
      `select (select id from ${this.schema}.epoch order by last_position desc limit 1) as epoch,
              coalesce((select max(position) from ${this.schema}.record), 0) as position`,
    );
    return { epoch: row?.epoch ?? '', position: Number(row?.position ?? 0) };
  }

  async from(position: number, most: number, bytes: number): Promise<readonly Recorded[]> {
    const rows = await this.database.prepared<RecordedRow>(
      `${this.schema}.from`,
      `select ${COLUMNS} from ${this.schema}.record r,
         lateral (select v.id, v.aggregate, v.body from ${this.schema}.envelope v where v.seq = r.seq offset 0) e
       where r.position >= $1 and r.position < $1 + $2::bigint order by r.position`,
      [position, most],
    );
    return within(bytes, rows).map(toRecorded);
  }

  async ofAggregate(aggregate: string, fromVersion: number, most: number, bytes: number) {
    const rows = await this.database.query<RecordedRow>(
      `select ${COLUMNS} from ${this.schema}.envelope e join ${this.schema}.record r on r.seq = e.seq
       where e.aggregate = $1 and e.version >= $2 order by e.version limit $3`,
      [aggregate, fromVersion, most],
    );
    return within(bytes, rows).map(toRecorded);
  }

  async epochs() {
    const rows = await this.database.query<{ id: string; last_position: string }>(
      `select id, last_position from ${this.schema}.epoch order by last_position`,
    );
    return rows.map(({ id, last_position }) => ({ epoch: id, lastPosition: Number(last_position) }));
  }

  async oldestWithin(maxAgeMs: number, maxBytes: number): Promise<number> {
    const [row] = await this.database.query<{ oldest: string }>(
      `with young as materialized (
         select r.position, r.seq from ${this.schema}.record r
         where r.recorded_at > clock_timestamp() - $1::bigint * interval '1 ms'
       ), sized as (
         select y.position, sum(octet_length(e.body) + $3::int) over (order by y.position desc) as bytes
         from young y join ${this.schema}.envelope e on e.seq = y.seq
       )
       select coalesce(
         (select min(position) from sized where bytes <= $2::bigint),
         (select max(position) from ${this.schema}.record), 0) + case when exists (select from sized where bytes <= $2::bigint) then 0 else 1 end as oldest`,
      [maxAgeMs, maxBytes, MESSAGE_OVERHEAD_BYTES],
    );
    return Number(row?.oldest ?? 1);
  }
}

/** What a stream spends on a message beside its body: subject, headers, record. */
const MESSAGE_OVERHEAD_BYTES = 300;

function within(bytes: number, rows: readonly RecordedRow[]): readonly RecordedRow[] {
  let taken = 0;
  const end = rows.findIndex(({ body }, index) => (taken += body.length) > bytes && index > 0);
  return end < 0 ? rows : rows.slice(0, end);
}
