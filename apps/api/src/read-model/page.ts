import { TerminalError, parseJson } from '@bulkhead/contracts';
import { z } from 'zod';

/** A part of a list, and where the next one begins. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Null at the end. */
  readonly next: string | null;
}

/** Where in a list somebody is, as opaque text: the sort key of the last item seen. */
export const encodeCursor = (key: readonly (string | number)[]): string =>
  Buffer.from(JSON.stringify(key)).toString('base64url');

const MAX_CURSOR = 512;

/** @throws TerminalError `invalid_cursor` */
export function decodeCursor<Key extends z.ZodType>(key: Key, cursor: string): z.output<Key> {
  const parsed = key.safeParse(
    cursor.length > MAX_CURSOR ? null : parseJson(Buffer.from(cursor, 'base64url')),
  );
  if (parsed.success) return parsed.data;
  throw new TerminalError('invalid_cursor', 'this cursor is not one of this list', { status: 400 });
}

/** Makes a page of one row more than was asked for. */
export function pageOf<Row>(
  rows: readonly Row[],
  size: number,
  keyOf: (row: Row) => readonly (string | number)[],
): Page<Row> {
  const items = rows.slice(0, size);
  const last = items.at(-1);
  return { items, next: rows.length > size && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
