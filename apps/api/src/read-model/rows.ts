import type { Sql } from '@bulkhead/journal';

/** What JSON.stringify writes for NUL and for half a surrogate pair; an escaped backslash before such letters looks alike. */
const SUSPECT = /\\u(?:0000|d[89a-f])/;

/**
 * JSON that Postgres takes as jsonb: it knows neither NUL nor half a surrogate pair, and what a guest wrote may hold either.
 */
export function jsonb(value: unknown): string {
  const text = JSON.stringify(value);
  if (!SUSPECT.test(text)) return text;
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'string' ? item.toWellFormed().replaceAll('\0', '\uFFFD') : item,
  );
}

type Columns = Readonly<Record<string, string>>;

/** Inserts rows in one statement, or with a key replaces what is there. `columns` are names and Postgres types. */
export async function writeRows(
  tx: Sql,
  table: string,
  columns: Columns,
  rows: readonly Readonly<Record<string, unknown>>[],
  key?: string,
): Promise<void> {
  if (rows.length === 0) return;
  const names = Object.keys(columns);
  const shape = names.map((name) => `${name} ${columns[name]}`).join(', ');
  const changed = names.filter((name) => name !== key).map((name) => `${name} = excluded.${name}`);
  const conflict = key === undefined ? '' : `on conflict (${key}) do update set ${changed.join(', ')}`;
  await tx.query(
    `insert into ${table} (${names.join(', ')}) select ${names.join(', ')} from jsonb_to_recordset($1::jsonb) as row (${shape}) ${conflict}`,
    [jsonb(rows)],
  );
}
