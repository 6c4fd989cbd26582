import { hashToken } from '@bulkhead/auth';
import { RetryableError } from '@bulkhead/contracts';

interface Budget {
  /** Requests a second in the long run. */
  readonly perSecond: number;
  /** As many at once. */
  readonly burst: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** As many callers are remembered; the one longest silent is forgotten first, and begins anew with a full budget. */
const REMEMBERED = 10_000;

/** Token buckets by caller. Time is an input, in ms. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly budget: Budget) {}

  /** @throws RetryableError `rate_limited` (429) before anything was done */
  take(caller: string, now: number): void {
    const { perSecond, burst } = this.budget;
    const known = this.#buckets.get(caller);
    const left = known ? Math.min(burst, known.left + ((now - known.at) / 1000) * perSecond) : burst;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { left: Math.max(0, left - 1), at: now });
    this.#forgetOldest();
    if (left < 1)
      throw new RetryableError(
        'rate_limited',
        'too many requests; slow down',
        ((1 - left) / perSecond) * 1000,
        {
          status: 429,
        },
      );
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= REMEMBERED) return;
    const oldest = this.#buckets.keys().next();
    if (!oldest.done) this.#buckets.delete(oldest.value);
  }
}

/** Generous: clients refresh leases every few seconds for each of many machines. */
export const BUDGET: Budget = { perSecond: 200, burst: 1000 };

/** By credential, else by address. The credential itself is not kept. */
export const callerKey = (authorization: string | undefined, address: string): string =>
  authorization === undefined ? address : hashToken(authorization);
