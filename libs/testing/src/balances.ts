import type { ProjectionDefinition } from '@bulkhead/journal';
import type { Pool } from 'pg';
import { accountContracts } from './account.js';

/** The balances of accounts as a table and a feed. */
export const balances: ProjectionDefinition = {
  name: 'scheduler-balances',
  journal: 'scheduler',
  contracts: accountContracts,
  tables: ['balance'],
  async apply(tx, batch, feed) {
    for (const { aggregate, version, events } of batch) {
      if (aggregate.type !== 'account') continue;
      const change = events.reduce(
        (sum, { type, data }) => sum + amountOf(data) * (type === 'Deposited' ? 1 : -1),
        0,
      );
      const [row] = await tx.query<{ balance: number }>(
        `insert into balance as b (account, balance, version) values ($1, $2, $3)
         on conflict (account) do update set balance = b.balance + excluded.balance, version = excluded.version
         where b.version = excluded.version - 1 returning balance`,
        [aggregate.id, change, version],
      );
      if (!row) throw new Error(`version ${version} of ${aggregate.id} does not follow`);
      feed.put('balances', aggregate.id, { balance: row.balance });
    }
  },
};

const amountOf = (data: unknown): number =>
  typeof data === 'object' && data !== null && 'amount' in data ? Number(data.amount) : 0;

/** Its table; an account named `cursed` can't be written to it. */
export const createBalances = (pool: Pool, schema = 'scheduler') =>
  pool.query(`create table ${schema}.balance (
    account text primary key check (account <> 'cursed'), balance int not null, version int not null)`);
