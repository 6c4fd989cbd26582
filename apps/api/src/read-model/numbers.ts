import type { Sql } from '@bulkhead/journal';

/** Where immutable numbers below 2^31 come from; each is given out once, whether it is used or not. */
type Counter = 'organization_number' | 'app_number' | 'network_number' | 'user_number';

export async function nextNumber(database: Sql, counter: Counter): Promise<number> {
  const [row] = await database.query<{ number: string }>('select nextval($1) as number', [counter]);
  return Number(row?.number);
}
