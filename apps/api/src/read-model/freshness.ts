import type { Touched } from '@bulkhead/contracts';

/** Whether the read models hold what a command left behind. */
export interface Freshness {
  /** Waits for it, and answers false where it isn't there in time. */
  seen(journal: 'api' | 'scheduler', touched: readonly Touched[], timeoutMs: number): Promise<boolean>;
  /** Since when the read model has passed over an aggregate it could not follow, or null where it follows it. */
  staleSince(journal: 'api' | 'scheduler', aggregate: string): Promise<Date | null>;
}

/** How long a write waits to be readable before it answers from its command's result. */
export const FRESH_WITHIN_MS = 2_000;
