import type { Service } from '@bulkhead/contracts';
import type { Database, Row } from '../ports/sql.js';
import type { ParkedMessage, ReactorStore } from '../read/reactor-store.js';
import { checkedName } from './schema.js';

interface ParkedMessageRow extends Row {
  readonly reader: string;
  readonly position: string;
  readonly envelope: string;
  readonly aggregate: string;
  readonly error: string;
  readonly at: Date;
}

/** Reactors' places and parked messages in a service's schema. */
export class PostgresReactorStore implements ReactorStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.schema = checkedName(schema);
  }

  async place(reactor: string, journal: Service, start: () => Promise<number>): Promise<number> {
    const known = await this.known(reactor);
    if (known !== undefined) return known;
    await this.database.query(
      `insert into ${this.schema}.cursor (reader, journal, epoch, position) values ($1, $2, '', $3) on conflict do nothing`,
      [reactor, journal, await start()],
    );
    return (await this.known(reactor)) ?? 0;
  }

  async save(reactor: string, position: number): Promise<void> {
    await this.database.query(
      `update ${this.schema}.cursor set position = $2 where reader = $1 and position < $2`,
      [reactor, position],
    );
  }

  async park({ reader, position, envelope, aggregate, error }: Omit<ParkedMessage, 'at'>): Promise<void> {
    await this.database.query(
      `insert into ${this.schema}.parked_message (reader, position, envelope, aggregate, error) values ($1, $2, $3, $4, $5)
       on conflict (reader, position) do update set error = excluded.error`,
      [reader, position, envelope, aggregate, error],
    );
  }

  async parkedMessages(reactor?: string): Promise<readonly ParkedMessage[]> {
    const rows = await this.database.query<ParkedMessageRow>(
      `select * from ${this.schema}.parked_message where $1::text is null or reader = $1 order by reader, position`,
      [reactor ?? null],
    );
    return rows.map((row) => ({ ...row, position: Number(row.position) }));
  }

  async discardMessage(reactor: string, position: number): Promise<boolean> {
    const gone = await this.database.query(
      `delete from ${this.schema}.parked_message where reader = $1 and position = $2 returning 1`,
      [reactor, position],
    );
    return gone.length > 0;
  }

  private async known(reactor: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ position: string }>(
      `select position from ${this.schema}.cursor where reader = $1`,
      [reactor],
    );
    return row && Number(row.position);
  }
}
