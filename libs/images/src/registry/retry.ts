import { setTimeout as pause } from 'node:timers/promises';
import { RetryableError } from '@bulkhead/contracts';

export interface RetryOptions {
  readonly attempts: number;
  /** The first pause, about; each further one is twice as long. */
  readonly pauseMs: number;
  /** A server that wants to be left alone for longer gets the caller to wait. */
  readonly maxPauseMs: number;
}

export const PATIENT: RetryOptions = { attempts: 5, pauseMs: 250, maxPauseMs: 10_000 };

/** Counts the failures of one piece of work and waits after each that may pass; rethrows what may not, or too many. */
export class Retries {
  private failures = 0;

  constructor(
    private readonly options: RetryOptions,
    private readonly signal: AbortSignal,
  ) {}

  async after(error: unknown): Promise<void> {
    this.failures += 1;
    const { attempts, pauseMs, maxPauseMs } = this.options;
    if (!(error instanceof RetryableError) || this.failures >= attempts) throw error;
    const wanted = error.code === 'registry_rate_limited' ? error.delayMs : 0;
    if (wanted > maxPauseMs) throw error;
    const doubled = pauseMs * 2 ** (this.failures - 1) * (0.5 + Math.random());
    await pause(Math.min(Math.max(wanted, doubled), maxPauseMs), undefined, { signal: this.signal });
  }
}
