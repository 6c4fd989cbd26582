import { RetryableError } from '@bulkhead/contracts';

/** How often each may ask: a token bucket each, forgotten when it is full again. */
export class Allowance {
  private readonly used = new Map<string, { readonly taken: number; readonly at: number }>();

  constructor(
    private readonly limit: { readonly atOnce: number; readonly perSecond: number },
    private readonly now: () => Date,
  ) {}

  /** @throws RetryableError `too_many_requests` */
  take(whose: string): void {
    const { atOnce, perSecond } = this.limit;
    const at = this.now().getTime();
    const taken = this.takenBy(whose, at);
    if (taken + 1 > atOnce)
      throw new RetryableError('too_many_requests', 'too many requests; ask again later', 1_000 / perSecond);
    this.used.set(whose, { taken: taken + 1, at });
    for (const other of this.used.keys()) if (this.takenBy(other, at) === 0) this.used.delete(other);
  }

  private takenBy(whose: string, at: number): number {
    const known = this.used.get(whose);
    if (!known) return 0;
    const returned = (Math.max(0, at - known.at) / 1_000) * this.limit.perSecond;
    return Math.max(0, known.taken - returned);
  }
}
