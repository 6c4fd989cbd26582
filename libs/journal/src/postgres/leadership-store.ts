import type { Leader, LeadershipStore } from '../leadership/leadership.js';
import type { Database } from '../ports/sql.js';
import { checkedName } from './schema.js';

const EXPIRY = `clock_timestamp() + $3::int * interval '1 ms'`;

/** Leadership rows in a service's schema. */
export class PostgresLeadershipStore implements LeadershipStore {
  private readonly table: string;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.table = `${checkedName(schema)}.leadership`;
  }

  async take(role: string, holder: string, ttlMs: number): Promise<Leader | null> {
    const [row] = await this.database.query<{ term: string }>(
      `insert into ${this.table} as held (role, holder, term, expires_at) values ($1, $2, 1, ${EXPIRY})
       on conflict (role) do update set holder = excluded.holder, term = held.term + 1, expires_at = excluded.expires_at
       where held.expires_at < clock_timestamp()
       returning term`,
      [role, holder, ttlMs],
    );
    return row ? { role, holder, term: Number(row.term) } : null;
  }

  async renew({ role, holder, term }: Leader, ttlMs: number): Promise<boolean> {
    const rows = await this.database.query(
      `update ${this.table} set expires_at = ${EXPIRY}
       where role = $1 and holder = $2 and term = $4 and expires_at > clock_timestamp() returning 1`,
      [role, holder, ttlMs, term],
    );
    return rows.length === 1;
  }

  async release({ role, holder, term }: Leader): Promise<void> {
    await this.database.query(
      `update ${this.table} set expires_at = '-infinity' where role = $1 and holder = $2 and term = $3`,
      [role, holder, term],
    );
  }
}
