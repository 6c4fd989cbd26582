import { z } from 'zod';
import type { FeedPut } from '../feed/feed-writer.js';
import type { Sql } from '../ports/sql.js';
import type { NumberedChange } from '../read/reader-store.js';

const feedRow = z.record(z.string(), z.unknown()).nullable();
/** What a feed's table holds. */
export const parseRow = (value: string | null) => (value === null ? null : feedRow.parse(JSON.parse(value)));

/**
 * Numbers changes without gaps per feed and keeps the last of each key. The feed's row is locked by the update of its head, so
 * numbers are committed in order.
 */
export async function writeFeeds(
  sql: Sql,
  schema: string,
  reader: string,
  freshId: string,
  puts: readonly FeedPut[],
): Promise<NumberedChange[]> {
  if (puts.length === 0) return [];
  const rows = await sql.prepared<{ nth: string; number: string }>(
    `${schema}.feeds`,
    `with put as (
       select * from unnest($1::text[], $2::text[], $3::text[]) with ordinality as p(feed, key, value, nth)
     ), counted as (
       select feed, count(*) as n from put group by feed order by feed
     ), head as (
       insert into ${schema}.feed as f (name, id, head, floor, reader) select feed, $4, n, 0, $5 from counted
       on conflict (name) do update set head = f.head + excluded.head returning f.name, f.head
     ), numbered as (
       select p.nth, p.feed, p.key, nullif(p.value, '') as value,
              h.head - c.n + row_number() over (partition by p.feed order by p.nth) as number
       from put p join counted c on c.feed = p.feed join head h on h.name = p.feed
     ), kept as (
       insert into ${schema}.feed_change as c (feed, key, number, value) select feed, key, number, value from numbered
       on conflict (feed, key) do update set number = excluded.number, value = excluded.value, at = clock_timestamp()
     )
     select nth, number from numbered order by number`,
    [
      puts.map(({ feed }) => feed),
      puts.map(({ key }) => key),
      // The empty string, which no JSON is, stands for null.
      puts.map(({ row }) => (row === null ? '' : JSON.stringify(row))),
      freshId,
      reader,
    ],
  );
  return rows.flatMap(({ nth, number }) => {
    const put = puts[Number(nth) - 1];
    return put ? [{ feed: put.feed, change: { number: Number(number), key: put.key, row: put.row } }] : [];
  });
}
