import type { Sql } from '../ports/sql.js';
import { checkedName } from './schema.js';

/** What a service's role may do with a table (or `draw` from a sequence). Whatever is not said is refused. */
export type Access = keyof typeof PRIVILEGES;
export type SchemaAccess = Readonly<Record<string, Access>>;

const PRIVILEGES = {
  read: 'select',
  /** What was written stays as it is. */
  append: 'select, insert',
  /** Rows are made and taken away whole, never changed. */
  discard: 'select, insert, delete',
  /** Rows change, and none goes. */
  amend: 'select, insert, update',
  change: 'select, insert, update, delete',
  draw: 'usage',
} as const;

/** The tables of `MIGRATIONS`. Of commands, a trigger lets no more go than refusals. */
export const JOURNAL_ACCESS: SchemaAccess = {
  journal_migration: 'read',
  envelope: 'append',
  envelope_seq_seq: 'draw',
  record: 'append',
  epoch: 'append',
  command: 'discard',
  pending: 'discard',
  leadership: 'change',
  cursor: 'change',
  parked: 'change',
  parked_message: 'change',
  feed: 'change',
  feed_change: 'change',
};

/**
 * Gives a role these rights in a schema that another one owns, and takes away all others.
 * @throws Error naming tables whose access nobody stated: one that is forgotten would be found by whoever first needs it.
 */
export async function grantAccess(
  tx: Sql,
  schema: string,
  role: string,
  access: SchemaAccess,
): Promise<void> {
  const [place, to] = [checkedName(schema), checkedName(role)];
  const tables = await tx.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm')`,
    [place],
  );
  const forgotten = tables.map(({ name }) => name).filter((name) => !Object.hasOwn(access, name));
  if (forgotten.length > 0)
    throw new Error(
      `nobody states what ${to} may do with ${forgotten.map((name) => `${place}.${name}`).join(', ')}`,
    );
  const grants = Object.entries(access).map(
    ([name, kind]) =>
      `grant ${PRIVILEGES[kind]} on ${kind === 'draw' ? 'sequence' : 'table'} ${place}.${checkedName(name)} to ${to}`,
  );
  await tx.query(
    [
      `revoke all on schema ${place} from ${to}`,
      `revoke all on all tables in schema ${place} from ${to}`,
      `revoke all on all sequences in schema ${place} from ${to}`,
      `grant usage on schema ${place} to ${to}`,
      ...grants,
    ].join(';\n'),
  );
}
