import { TerminalError } from '@bulkhead/contracts';
import type { Sql } from '@bulkhead/journal';
import type { z } from 'zod';
import { openRow, sealRow } from './envelope.js';
import type { MasterKey } from './master-key.js';

type KeyRow = { sealed: Buffer };

/** The vault's own named keys, each one sealed row of the table `key`. */
export class Keyring {
  constructor(
    private readonly sql: Sql,
    private readonly master: MasterKey,
  ) {}

  /** Whether the vault has been initialized. */
  async isEmpty(): Promise<boolean> {
    return (await this.sql.query('select from key limit 1')).length === 0;
  }

  /** @throws TerminalError `vault_not_initialized` where there is no such key. */
  async get<T>(id: string, schema: z.ZodType<T>): Promise<T> {
    const found = await this.find(id, schema);
    if (found !== undefined) return found;
    throw new TerminalError('vault_not_initialized', `The vault has no ${id} yet. Run \`bulkhead init\`.`);
  }

  async find<T>(id: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const [row] = await this.sql.query<KeyRow>('select sealed from key where id = $1', [id]);
    if (!row) return undefined;
    return schema.parse(JSON.parse((await openRow(this.master, rowName(id), row.sealed)).toString('utf8')));
  }

  /** The key of this id, made where there is none. Of two that make it at once, one wins for both. */
  async provide<T>(id: string, schema: z.ZodType<T>, make: () => T | Promise<T>): Promise<T> {
    const found = await this.find(id, schema);
    if (found !== undefined) return found;
    const sealed = await this.seal(id, await make());
    await this.sql.query('insert into key (id, sealed) values ($1, $2) on conflict do nothing', [id, sealed]);
    return this.get(id, schema);
  }

  /** Puts another value in a key's place: for what is signed anew. */
  async replace(id: string, value: unknown): Promise<void> {
    await this.sql.query('update key set sealed = $2 where id = $1', [id, await this.seal(id, value)]);
  }

  private seal(id: string, value: unknown): Promise<Buffer> {
    return sealRow(this.master, rowName(id), Buffer.from(JSON.stringify(value)));
  }
}

const rowName = (id: string) => `vault.key/${id}`;
