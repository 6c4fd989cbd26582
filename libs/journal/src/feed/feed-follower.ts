import {
  feedMessage,
  feedPage,
  feedSubject,
  parseJson,
  type FeedChange,
  type FeedMessage,
  type FeedPage,
  type FeedRequest,
  type Service,
} from '@bulkhead/contracts';
import type { CommandBus } from '../bus/command-bus.js';
import type { Bus } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import { Wake } from '../relay/wake.js';

/** How far a copy is: which life of the feed, and which of its numbers. */
export interface FeedPlace {
  readonly feed: string;
  readonly number: number;
}

/** Where a follower keeps its copy, on disk where it must survive a restart. */
export interface FeedCopy {
  /** Null where there is no copy yet. */
  place(): Promise<FeedPlace | null>;
  /** Rows and place together or not at all. A null row means that the key is gone. */
  apply(changes: readonly FeedChange[], place: FeedPlace): Promise<void>;
  /** Puts these rows in the place of all there were. */
  replace(changes: readonly FeedChange[], place: FeedPlace): Promise<void>;
}

/** Asks a feed's owner. @throws TerminalError | RetryableError */
export type AskFeed = (request: FeedRequest) => Promise<FeedPage>;

export const askFeed =
  (bus: CommandBus, owner: Service, random: Random = systemRandom): AskFeed =>
  async (input) => {
    const { result } = await bus.command(owner, 'feed', { id: `feed-${random.id()}`, input }, feedPage, {
      deadlineMs: 5_000,
    });
    return result;
  };

export interface FeedFollowerOptions {
  readonly name: string;
  readonly bus: Bus;
  readonly ask: AskFeed;
  readonly copy: FeedCopy;
  readonly clock?: Clock;
  /** Without a word from the owner for this long it is asked, in ms. */
  readonly silenceMs?: number;
  readonly report?: (error: unknown) => void;
}

/** For health checks: a follower that is behind goes on with its copy. */
export type FeedStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'current'; readonly number: number }
  | { readonly state: 'behind'; readonly since: Date };

interface Followed {
  readonly place: FeedPlace;
  readonly complete: boolean;
}

const RETRY_MS = 500;

/** Follows one feed into a copy: by what is pushed, and by asking after a gap, a silence or a restart. */
export class FeedFollower {
  status: FeedStatus = { state: 'starting' };
  private readonly clock: Clock;
  private readonly report: (error: unknown) => void;
  private readonly arrived = new Wake();
  private inbox: FeedMessage[] = [];

  constructor(private readonly options: FeedFollowerOptions) {
    this.clock = options.clock ?? systemClock;
    this.report = options.report ?? (() => undefined);
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, copy, name, silenceMs = 3_000 } = this.options;
    const subscription = bus.subscribe(feedSubject(name), ({ data }) => this.hear(data));
    try {
      let place = await copy.place();
      let current = false;
      while (!signal.aborted) {
        try {
          if (!current || !place) place = await this.catchUp(place);
          this.status = { state: 'current', number: place.number };
          await this.arrived.wait(silenceMs, this.clock, signal);
          const heard = this.take();
          const next: Followed = await this.follow(place, heard);
          current = next.complete && heard.length > 0;
          place = next.place;
        } catch (error) {
          current = false;
          if (this.status.state !== 'behind') this.status = { state: 'behind', since: this.clock.now() };
          this.report(error);
          await this.clock.sleep(RETRY_MS, signal);
          place = await copy.place();
        }
      }
    } finally {
      subscription.close();
    }
  }

  private hear(data: Uint8Array): void {
    const message = feedMessage.safeParse(parseJson(data));
    if (!message.success) return this.report(message.error);
    this.inbox.push(message.data);
    this.arrived.wake();
  }

  private take(): FeedMessage[] {
    const heard = this.inbox;
    this.inbox = [];
    return heard;
  }

  /** Applies what follows, and says whether something is missing. */
  private async follow(place: FeedPlace, heard: readonly FeedMessage[]): Promise<Followed> {
    const changes = heard.flatMap((message) => ('changes' in message ? message.changes : []));
    const fresh = changes.filter(({ number }) => number > place.number);
    const next = fresh.filter(({ number }, index) => number === place.number + 1 + index);
    const reached = { feed: place.feed, number: place.number + next.length };
    if (next.length > 0) await this.options.copy.apply(next, reached);
    const heads = heard.flatMap((message) => ('head' in message ? [message.head] : []));
    // A head may be older than changes that were heard with it, never newer than all of them; a smaller one is another life's.
    const last = heads.at(-1) ?? reached.number;
    const complete = next.length === fresh.length && last <= reached.number && last >= place.number;
    return { place: reached, complete };
  }

  private async catchUp(place: FeedPlace | null): Promise<FeedPlace> {
    const { ask, copy, name } = this.options;
    const pending: FeedChange[] = [];
    let full = false;
    let at = place ?? { feed: '', number: 0 };
    for (;;) {
      const page = await ask({ name, feed: at.feed, after: at.number, full });
      if (page.full && page.feed !== at.feed) pending.length = 0;
      full ||= page.full;
      pending.push(...page.changes);
      at = { feed: page.feed, number: page.more ? (page.changes.at(-1)?.number ?? page.head) : page.head };
      if (page.more) continue;
      if (full) await copy.replace(pending, at);
      else await copy.apply(pending, at);
      return at;
    }
  }
}
