import { INSTANCE_FEED, instanceRow, type FeedChange, type InstanceRow } from '@bulkhead/contracts';
import { askFeed, FeedFollower, type FeedCopy, type FeedPlace } from '@bulkhead/journal';
import type { Logger, Member } from '@bulkhead/platform';
import type { RouteChange } from '../routing/route-book.js';
import type { RouteSource } from './route-source.js';

/** Routes from the scheduler's feed of instances. Until the platform is there the edge works from its copy. */
export class FeedRouteSource implements RouteSource {
  private readonly stopping = new AbortController();
  private following: Promise<void> = Promise.resolve();

  constructor(
    private readonly join: () => Promise<Member>,
    private readonly logger: Logger,
  ) {}

  start(report: (change: RouteChange) => void): Promise<void> {
    this.following = this.follow(report).catch((error: unknown) => {
      if (!this.stopping.signal.aborted) this.logger.error({ err: error }, 'routes are not followed');
    });
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.following;
  }

  private async follow(report: (change: RouteChange) => void): Promise<void> {
    const { bus, commands } = await this.join();
    const follower = new FeedFollower({
      name: INSTANCE_FEED,
      bus,
      ask: askFeed(commands, 'scheduler'),
      copy: new RouteReporter(report),
      report: (error) => this.logger.warn({ err: error }, 'the feed of instances is behind'),
    });
    await follower.run(this.stopping.signal);
  }
}

/** Hands changes on. The rows themselves are kept by the edge; a new process takes the feed whole. */
class RouteReporter implements FeedCopy {
  private reached: FeedPlace | null = null;

  constructor(private readonly report: (change: RouteChange) => void) {}

  place(): Promise<FeedPlace | null> {
    return Promise.resolve(this.reached);
  }

  apply(changes: readonly FeedChange[], place: FeedPlace): Promise<void> {
    for (const { key, row } of changes) this.report(changeOf(key, row));
    this.reached = place;
    return Promise.resolve();
  }

  replace(changes: readonly FeedChange[], place: FeedPlace): Promise<void> {
    const rows = new Map<string, InstanceRow>();
    for (const { key, row } of changes) {
      if (row === null) rows.delete(key);
      else rows.set(key, instanceRow.parse(row));
    }
    this.report({ kind: 'snapshot', rows: [...rows.values()] });
    this.reached = place;
    return Promise.resolve();
  }
}

const changeOf = (machine: string, row: FeedChange['row']): RouteChange =>
  row === null ? { kind: 'remove', machine } : { kind: 'put', row: instanceRow.parse(row) };
