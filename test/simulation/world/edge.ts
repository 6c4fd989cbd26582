import type { FeedChange, InstanceRow } from '@bulkhead/contracts';
import { INSTANCE_FEED } from '@bulkhead/contracts';
import { askFeed, CommandBus, FeedFollower, type FeedCopy, type FeedPlace } from '@bulkhead/journal';
import type { SimProcess } from '../kernel/process.js';
import { loggerOf, type Site } from './site.js';

/** An edge's table of instances, and the way it comes by it. What it does with requests is not simulated, only where they go. */
export class SimEdge {
  readonly process: SimProcess;
  readonly rows = new Map<string, InstanceRow>();

  constructor(
    site: Site,
    name: string,
    readonly id: string,
  ) {
    this.process = site.process(name);
    const { clock, random } = this.process;
    const bus = site.broker.connect(this.process);
    const follower = new FeedFollower({
      name: INSTANCE_FEED,
      bus,
      ask: askFeed(new CommandBus(bus, id, clock), 'scheduler', random),
      copy: new Rows(this.rows),
      clock,
      report: (error) => loggerOf(this.process).warn({ err: error }, 'the instance feed is behind'),
    });
    void follower.run(new AbortController().signal);
  }
}

class Rows implements FeedCopy {
  private at: FeedPlace | null = null;

  constructor(private readonly rows: Map<string, InstanceRow>) {}

  place(): Promise<FeedPlace | null> {
    return Promise.resolve(this.at);
  }

  apply(changes: readonly FeedChange[], place: FeedPlace): Promise<void> {
    this.at = place;
    for (const { key, row } of changes)
      // Its owner made it of the very type.
      if (row) this.rows.set(key, row as unknown as InstanceRow);
      else this.rows.delete(key);
    return Promise.resolve();
  }

  replace(changes: readonly FeedChange[], place: FeedPlace): Promise<void> {
    this.rows.clear();
    return this.apply(changes, place);
  }
}
