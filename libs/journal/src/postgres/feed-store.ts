import type { FeedChange, FeedPage, FeedRequest } from '@bulkhead/contracts';
import type { FeedStore } from '../feed/feed-store.js';
import type { Database, Sql } from '../ports/sql.js';
import { parseRow } from './feed-sql.js';
import { checkedName } from './schema.js';

const PAGE_ROWS = 1_000;
const PAGE_BYTES = 512 * 1024;

interface FeedRow {
  readonly [column: string]: unknown;
  readonly id: string;
  readonly head: string;
  readonly floor: string;
}

/** Feeds in a service's schema. */
export class PostgresFeedStore implements FeedStore {
  private readonly schema: string;

  constructor(
    private readonly database: Database,
    schema: string,
  ) {
    this.schema = checkedName(schema);
  }

  async heads(): Promise<readonly { name: string; head: number }[]> {
    const rows = await this.database.query<{ name: string; head: string }>(
      `select f.name, f.head from ${this.schema}.feed f join ${this.schema}.cursor c on c.reader = f.reader
       where c.position >= c.rebuild_to`,
    );
    return rows.map(({ name, head }) => ({ name, head: Number(head) }));
  }

  /** Feed and changes as of one moment. */
  page(reader: string, request: FeedRequest): Promise<FeedPage | null> {
    return this.database.transaction(async (tx) => {
      const [built] = await tx.query(
        `select from ${this.schema}.cursor where reader = $1 and position >= rebuild_to`,
        [reader],
      );
      if (!built) return null;
      const [feed] = await tx.query<FeedRow>(
        `select id, head, floor from ${this.schema}.feed where name = $1 and reader = $2`,
        [request.name, reader],
      );
      if (!feed) return { feed: '', full: true, changes: [], head: 0, more: false };
      return this.pageOf(tx, feed, request);
    }, 'repeatable read');
  }

  async prune(goneBefore: Date): Promise<void> {
    await this.database.query(
      `with gone as (delete from ${this.schema}.feed_change where value is null and at < $1 returning feed, number),
       last as (select feed, max(number) as number from gone group by feed)
       update ${this.schema}.feed f set floor = greatest(f.floor, l.number) from last l where l.feed = f.name`,
      [goneBefore],
    );
  }

  private async pageOf(tx: Sql, feed: FeedRow, request: FeedRequest): Promise<FeedPage> {
    const sameLife = request.feed === feed.id;
    const continued = request.full && sameLife;
    const full =
      !continued && (!sameLife || request.after < Number(feed.floor) || request.after > Number(feed.head));
    const rows = await this.changesAfter(tx, request.name, full ? 0 : request.after, full || continued);
    const changes = within(PAGE_BYTES, rows);
    const more = changes.length < rows.length || rows.length === PAGE_ROWS;
    return { feed: feed.id, full: full || continued, changes, head: Number(feed.head), more };
  }

  /** A full answer tells nothing of keys that are gone. */
  private async changesAfter(
    tx: Sql,
    name: string,
    after: number,
    onlyPresent: boolean,
  ): Promise<(FeedChange & { bytes: number })[]> {
    const rows = await tx.query<{ number: string; key: string; value: string | null }>(
      `select number, key, value from ${this.schema}.feed_change
       where feed = $1 and number > $2 and (value is not null or not $3) order by number limit $4`,
      [name, after, onlyPresent && after === 0, PAGE_ROWS],
    );
    return rows.map(({ number, key, value }) => ({
      number: Number(number),
      key,
      row: parseRow(value),
      bytes: (value?.length ?? 4) + key.length + 40,
    }));
  }
}

/** As many changes as fit, at least one. */
function within(limit: number, rows: readonly (FeedChange & { bytes: number })[]): FeedChange[] {
  let taken = 0;
  const changes: FeedChange[] = [];
  for (const { bytes, ...change } of rows) {
    taken += bytes;
    if (taken > limit && changes.length > 0) break;
    changes.push(change);
  }
  return changes;
}
