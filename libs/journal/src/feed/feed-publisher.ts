import {
  feedRequest,
  feedSubject,
  RetryableError,
  TerminalError,
  type FeedMessage,
  type FeedRequest,
} from '@bulkhead/contracts';
import { commandHandler, type CallerKind } from '../bus/serve-commands.js';
import { Leadership, type LeadershipStore } from '../leadership/leadership.js';
import type { Bus } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import type { NumberedChange } from '../read/reader-store.js';
import type { FeedStore } from './feed-store.js';

export interface FeedPublisherOptions {
  readonly bus: Bus;
  readonly store: FeedStore;
  readonly leadership: LeadershipStore;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly leadershipMs?: number;
  readonly report?: (error: unknown) => void;
}

const HEAD_EVERY_MS = 1_000;
const PRUNE_EVERY_MS = 3_600_000;
/** How long a key that is gone is told to followers, in ms: far longer than reading a feed whole takes. */
const GONE_KEPT_MS = 24 * 3_600_000;
/** What one pushed message may hold, well below the bus's 1 MiB. */
const PUSH_BYTES = 256 * 1024;

/** Tells followers of feeds what changes, and every second how far each feed is. */
export class FeedPublisher {
  private readonly clock: Clock;
  private readonly report: (error: unknown) => void;
  private readonly leadership: Leadership;

  constructor(private readonly options: FeedPublisherOptions) {
    this.clock = options.clock ?? systemClock;
    this.report = options.report ?? (() => undefined);
    this.leadership = new Leadership({
      store: options.leadership,
      role: 'feeds',
      holder: (options.random ?? systemRandom).id(),
      clock: this.clock,
      ...(options.leadershipMs === undefined ? {} : { ttlMs: options.leadershipMs }),
      report: this.report,
    });
  }

  /** Sends changes that were just committed; what is lost on the way is asked for. */
  push(changes: readonly NumberedChange[]): void {
    const byFeed = Map.groupBy(changes, ({ feed }) => feed);
    for (const [feed, ofFeed] of byFeed) {
      let batch: string[] = [];
      let bytes = 0;
      for (const { change } of ofFeed) {
        const text = JSON.stringify(change);
        if (bytes + text.length > PUSH_BYTES && batch.length > 0) {
          this.send(feed, batch);
          [batch, bytes] = [[], 0];
        }
        batch.push(text);
        bytes += text.length;
      }
      this.send(feed, batch);
    }
  }

  /** Sends heads until the signal aborts, from one copy of the service. */
  async run(signal: AbortSignal): Promise<void> {
    await this.leadership.lead(signal, async (_leader, term) => {
      let pruneAt = this.clock.now().getTime();
      while (!term.aborted) {
        for (const { name, head } of await this.options.store.heads()) this.sendHead(name, head);
        if (this.clock.now().getTime() >= pruneAt) {
          await this.options.store.prune(new Date(this.clock.now().getTime() - GONE_KEPT_MS));
          pruneAt = this.clock.now().getTime() + PRUNE_EVERY_MS;
        }
        await this.clock.sleep(HEAD_EVERY_MS, term);
      }
    });
  }

  private send(feed: string, changes: readonly string[]): void {
    this.options.bus.publish(feedSubject(feed), Buffer.from(`{"changes":[${changes.join(',')}]}`));
  }

  private sendHead(feed: string, head: number): void {
    const message: FeedMessage = { head };
    this.options.bus.publish(feedSubject(feed), Buffer.from(JSON.stringify(message)));
  }
}

export interface FeedHandlerOptions<Access> {
  readonly store: FeedStore;
  readonly access: Access;
  readonly callers: readonly CallerKind[];
  /** The projection that keeps a feed, or undefined where the caller may not follow it or there is no such feed. */
  readonly readerOf: (feed: string, caller: string) => string | undefined;
}

/** The `feed` command of a service: a feed's changes after a number, or all of it. */
export const feedHandler = <Access, Principal>({
  store,
  access,
  callers,
  readerOf,
}: FeedHandlerOptions<Access>) =>
  commandHandler<Access, Principal, FeedRequest>({
    callers,
    access,
    input: feedRequest,
    async handle({ caller }, request) {
      const reader = readerOf(request.name, caller);
      if (reader === undefined)
        throw new TerminalError('unknown_feed', `there is no feed ${request.name}`, { status: 404 });
      const page = await store.page(reader, request);
      if (!page)
        throw new RetryableError(
          'feed_building',
          `the feed ${request.name} is being built; keep your copy`,
          1_000,
        );
      return { result: page };
    },
  });
