/**
 * Lets decisions that lost a race take turns. A decision that holds nothing waits for the aggregates others hold; one that was
 * beaten holds the aggregates it was beaten on, taken in order, while it decides again. So nobody waits while holding.
 */
export class Contention {
  private readonly tails = new Map<string, Promise<void>>();

  /** Resolves when nobody holds the aggregate. */
  async free(aggregate: string): Promise<void> {
    await this.tails.get(aggregate);
  }

  async hold<T>(aggregates: readonly string[], work: () => Promise<T>): Promise<T> {
    const releases: (() => void)[] = [];
    try {
      for (const aggregate of [...new Set(aggregates)].sort()) releases.push(await this.take(aggregate));
      return await work();
    } finally {
      for (const release of releases) release();
    }
  }

  private async take(aggregate: string): Promise<() => void> {
    const before = this.tails.get(aggregate);
    const { promise, resolve } = Promise.withResolvers<void>();
    const tail = (before ?? Promise.resolve()).then(() => promise);
    this.tails.set(aggregate, tail);
    await before;
    return () => {
      if (this.tails.get(aggregate) === tail) this.tails.delete(aggregate);
      resolve();
    };
  }
}
