import { randomBytes } from 'node:crypto';
import { RetryableError, TerminalError, type Actor, type OrganizationScope } from '@bulkhead/contracts';
import { dataKeyAggregate } from '@bulkhead/domain';
import type { Command, DataKey, DataKeys, Journal, Outcome, Sql } from '@bulkhead/journal';
import { openRow, sealRow } from '../keys/envelope.js';
import type { MasterKey } from '../keys/master-key.js';
import { clearRegistryCredentials } from '../registries/registry-credentials.js';
import { destroyRootKey } from '../root-keys/root-keys.js';

/** Data keys that are there already, as rows wrapped by the master key. The vault's own journal uses these. */
export class StoredDataKeys implements DataKeys {
  constructor(
    private readonly sql: Sql,
    private readonly master: MasterKey,
  ) {}

  async get(scope: OrganizationScope): Promise<DataKey> {
    const found = await this.find(scope);
    if (found) return found;
    throw new RetryableError('data_key_missing', `there is no data key for ${scope} yet`, 500);
  }

  async find(scope: OrganizationScope): Promise<DataKey | undefined> {
    const [row] = await this.sql.query<{ id: string; sealed: Buffer }>(
      'select id, sealed from data_key where scope = $1',
      [scope],
    );
    return row && { id: row.id, key: await openRow(this.master, rowName(scope, row.id), row.sealed) };
  }

  /** Within the transaction of `sql`; where the scope has a key, nothing changes. */
  async insert(sql: Sql, scope: OrganizationScope): Promise<void> {
    const id = randomBytes(8).toString('hex');
    const sealed = await sealRow(this.master, rowName(scope, id), randomBytes(32));
    await sql.query('insert into data_key (scope, id, sealed) values ($1, $2, $3) on conflict do nothing', [
      scope,
      id,
      sealed,
    ]);
  }
}

const ACTOR: Actor = { kind: 'service', id: 'vault' };

/** Every scope's data key: made at its first use, and never again after its destruction. */
export class ManagedDataKeys implements DataKeys {
  constructor(
    private readonly stored: StoredDataKeys,
    private readonly journal: Journal,
    private readonly now: () => Date,
  ) {}

  async get(scope: OrganizationScope): Promise<DataKey | 'destroyed'> {
    const found = await this.stored.find(scope);
    if (found) return found;
    try {
      await this.create(scope);
    } catch (error) {
      if (error instanceof TerminalError && error.code === 'data_key_destroyed') return 'destroyed';
      throw error;
    }
    return (await this.stored.find(scope)) ?? 'destroyed';
  }

  /** The row is gone with the commit of its event; a key destroyed already stays so. */
  destroy(command: Command, scope: OrganizationScope, reason: string): Promise<Outcome<null>> {
    if (scope === 'platform')
      throw new TerminalError('platform_key_kept', "the platform's own data key is never destroyed");
    return this.journal.execute(command, async (decision) => {
      const key = await decision.load(dataKeyAggregate, scope);
      decision.append(key, dataKeyAggregate.decide({ type: 'destroy', scope, reason }, key.state), scope);
      await clearRegistryCredentials(decision, scope);
      await destroyRootKey(decision, scope, reason);
      await decision.sql('delete from data_key where scope = $1', [scope]);
      return null;
    });
  }

  /** One command per scope: of two first uses at once, one makes the key. */
  async create(scope: OrganizationScope): Promise<void> {
    const command = {
      id: `create-data-key-${scope}`,
      content: { scope },
      actor: ACTOR,
      organization: scope,
      now: this.now(),
    };
    await this.journal.execute(command, async (decision) => {
      const key = await decision.load(dataKeyAggregate, scope);
      const events = dataKeyAggregate.decide({ type: 'create', scope }, key.state);
      decision.append(key, events);
      if (events.length > 0) await this.stored.insert(sqlOf(decision), scope);
      return null;
    });
  }
}

const rowName = (scope: string, id: string) => `vault.data_key/${scope}/${id}`;

function sqlOf(decision: { readonly sql: Sql['query'] }): Sql {
  const query: Sql['query'] = (text, values) => decision.sql(text, values);
  return { query, prepared: (_, text, values) => query(text, values) };
}
