import type { Database, Sql } from '../ports/sql.js';
import type { ProjectionDefinition } from '../read/projection.js';
import type { Drift, Shadow, ShadowStore } from '../read/replay.js';
import { attempt } from './savepoint.js';
import { checkedName } from './schema.js';

const SHOWN_ROWS = 100;

/**
 * Shadow tables as temporary tables: a name without schema means them before any other, and they go with their session. A replay
 * may take long, so its session has no time limits of its own.
 */
export class PostgresShadowStore implements ShadowStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.schema = checkedName(schema);
  }

  shadow<T>(
    projection: ProjectionDefinition,
    hold: boolean,
    work: (shadow: Shadow) => Promise<T>,
  ): Promise<T> {
    const { schema } = this;
    return this.database.session(async (session) => {
      await session.query('set statement_timeout = 0; set idle_in_transaction_session_timeout = 0');
      for (const table of projection.tables) await this.createShadow(session, checkedName(table));
      await session.query(`set search_path = pg_temp, ${schema}`);
      return session.transaction(
        async (sql) => work(await this.open(sql, projection, hold)),
        'repeatable read',
      );
    });
  }

  private async createShadow(session: Sql, table: string): Promise<void> {
    await session.query(`create temporary table ${table} (like ${this.schema}.${table} including all)`);
  }

  private async open(sql: Sql, { name, tables }: ProjectionDefinition, hold: boolean): Promise<Shadow> {
    const { schema } = this;
    const [row] = await sql.query<{ epoch: string; position: string }>(
      `select epoch, position from ${schema}.cursor where reader = $1 ${hold ? 'for update' : ''}`,
      [name],
    );
    if (!row) throw new Error(`projection ${name} has no cursor in schema ${schema}: it has never run`);
    return {
      sql,
      cursor: { epoch: row.epoch, position: Number(row.position) },
      attempt: (work) => attempt(sql, work),
      compare: (table) => this.compare(sql, checkedName(table)),
      swap: async () => {
        for (const table of tables.map(checkedName)) {
          await sql.query(`delete from ${schema}.${table}`);
          await sql.query(`insert into ${schema}.${table} select * from pg_temp.${table}`);
        }
        await sql.query(`delete from ${schema}.parked where reader = $1`, [name]);
      },
    };
  }

  private async compare(sql: Sql, table: string) {
    const live = `select to_jsonb(t)::text as row from ${this.schema}.${table} t`;
    const replayed = `select to_jsonb(t)::text as row from pg_temp.${table} t`;
    const drift = await sql.query<{ side: 'live' | 'replayed'; row: string }>(
      `(select 'live' as side, row from (${live} except all ${replayed}) l order by row limit ${SHOWN_ROWS})
       union all
       (select 'replayed' as side, row from (${replayed} except all ${live}) r order by row limit ${SHOWN_ROWS})`,
    );
    const [count] = await sql.query<{ n: string }>(`select count(*) as n from pg_temp.${table}`);
    return {
      rows: Number(count?.n ?? 0),
      drift: drift.map(({ side, row }): Drift => ({ table, side, row })),
    };
  }
}
