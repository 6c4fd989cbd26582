import type { Sql } from '@bulkhead/journal';

/** Signed heads are kept for ever: each proves what the log was. */
export interface StoredHead {
  readonly size: number;
  readonly note: string;
}

export async function newestHead(sql: Sql): Promise<StoredHead | null> {
  const [row] = await sql.query<{ size: string; note: string }>(
    'select size, note from log_head order by size desc limit 1',
  );
  return row ? { size: Number(row.size), note: row.note } : null;
}

/** Heads over more than `from` and at most `to` entries, oldest first. */
export async function headsBetween(sql: Sql, from: number, to: number): Promise<StoredHead[]> {
  const rows = await sql.query<{ size: string; note: string }>(
    'select size, note from log_head where size > $1 and size <= $2 order by size',
    [from, to],
  );
  return rows.map(({ size, note }) => ({ size: Number(size), note }));
}

export const keepHead = async (sql: Sql, { size, note }: StoredHead): Promise<void> =>
  void (await sql.query('insert into log_head (size, note) values ($1, $2) on conflict (size) do nothing', [
    size,
    note,
  ]));
