import { announceSubject, parseJson, touched as touchedSchema, type Touched } from '@bulkhead/contracts';
import { z } from 'zod';
import type { Bus, Subscription } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { aggregateKey } from '../store/body.js';

const announcement = z.strictObject({ touched: z.array(touchedSchema) });

/** How many aggregates' last versions are remembered, for answers that come later than the announcement. */
const REMEMBERED = 20_000;

/** Listens to what a projection commits, for writes that wait until it can be read. */
export class Seen {
  private readonly versions = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private readonly subscription: Subscription;

  constructor(
    bus: Bus,
    projection: string,
    private readonly clock: Clock = systemClock,
  ) {
    this.subscription = bus.subscribe(announceSubject(projection), ({ data }) => this.hear(data));
  }

  /** Whether the projection holds all of these versions, at the latest after `timeoutMs`. */
  async seen(touched: readonly Touched[], timeoutMs: number): Promise<boolean> {
    const all = () =>
      touched.every(({ aggregate, version }) => (this.versions.get(aggregateKey(aggregate)) ?? 0) >= version);
    if (all()) return true;
    const over = new AbortController();
    const check = () => {
      if (all()) over.abort();
    };
    this.waiting.add(check);
    await this.clock.sleep(timeoutMs, over.signal);
    this.waiting.delete(check);
    return all();
  }

  close(): void {
    this.subscription.close();
  }

  private hear(data: Uint8Array): void {
    const heard = announcement.safeParse(parseJson(data));
    for (const { aggregate, version } of heard.data?.touched ?? [])
      this.remember(aggregateKey(aggregate), version);
    for (const check of this.waiting) check();
  }

  private remember(aggregate: string, version: number): void {
    const known = this.versions.get(aggregate) ?? 0;
    this.versions.delete(aggregate);
    this.versions.set(aggregate, Math.max(known, version));
    if (this.versions.size <= REMEMBERED) return;
    const oldest = this.versions.keys().next();
    if (!oldest.done) this.versions.delete(oldest.value);
  }
}
