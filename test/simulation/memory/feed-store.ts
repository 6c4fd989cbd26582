import { feedChange, type FeedPage, type FeedRequest } from '@bulkhead/contracts';
import type { FeedStore } from '@bulkhead/journal';
import { z } from 'zod';
import type { Connection } from './journal-stores.js';
import type { Transaction } from './transaction.js';

const PAGE_ROWS = 1_000;

const feedRow = z.object({ id: z.string(), head: z.number(), floor: z.number(), reader: z.string() });
const built = z.object({ position: z.number(), rebuildTo: z.number().nullable() });
const kept = z.object({
  feed: z.string(),
  key: z.string(),
  number: z.number(),
  value: feedChange.shape.row,
  at: z.date(),
});

export class MemoryFeedStore implements FeedStore {
  constructor(private readonly connection: Connection) {}

  heads(): Promise<readonly { name: string; head: number }[]> {
    return this.connection.alone((tx) =>
      [...tx.schema.table('feed')].flatMap(([name, row]) => {
        const { head, reader } = feedRow.parse(row);
        return isBuilt(tx, reader) ? [{ name, head }] : [];
      }),
    );
  }

  page(reader: string, request: FeedRequest): Promise<FeedPage | null> {
    return this.connection.alone((tx) => {
      if (!isBuilt(tx, reader)) return null;
      const row = tx.get('feed', request.name);
      const feed = row ? feedRow.parse(row) : null;
      if (feed?.reader !== reader) return { feed: '', full: true, changes: [], head: 0, more: false };
      return pageOf(tx, feed, request);
    });
  }

  prune(goneBefore: Date): Promise<void> {
    return this.connection.alone((tx) => {
      for (const [id, row] of tx.schema.table('feed_change')) {
        const { feed: name, number, value, at } = kept.parse(row);
        const feed = tx.get('feed', name);
        if (value !== null || at >= goneBefore || !feed) continue;
        tx.put('feed_change', id, null);
        tx.put('feed', name, { ...feed, floor: Math.max(feedRow.parse(feed).floor, number) });
      }
    });
  }
}

function isBuilt(tx: Transaction, reader: string): boolean {
  const cursor = built.safeParse(tx.get('cursor', reader));
  return cursor.success && cursor.data.rebuildTo !== null && cursor.data.position >= cursor.data.rebuildTo;
}

function pageOf(tx: Transaction, feed: z.infer<typeof feedRow>, request: FeedRequest): FeedPage {
  const sameLife = request.feed === feed.id;
  const continued = request.full && sameLife;
  const full = !continued && (!sameLife || request.after < feed.floor || request.after > feed.head);
  const after = full ? 0 : request.after;
  const onlyPresent = (full || continued) && after === 0;
  const rows = tx
    .all('feed_change')
    .map((row) => kept.parse(row))
    .filter((row) => row.feed === request.name && row.number > after && !(onlyPresent && row.value === null))
    .sort((a, b) => a.number - b.number)
    .slice(0, PAGE_ROWS);
  const changes = rows.map(({ number, key, value }) => ({ number, key, row: value }));
  return {
    feed: feed.id,
    full: full || continued,
    changes,
    head: feed.head,
    more: rows.length === PAGE_ROWS,
  };
}
