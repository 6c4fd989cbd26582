import type { Clock } from '../ports/clock.js';

/** Who leads, in which term; it goes into the condition of every statement that only a leader may have take effect. */
export interface Leader {
  readonly role: string;
  readonly holder: string;
  readonly term: number;
}

/** The leadership rows of a service, by the database's clock. */
export interface LeadershipStore {
  /** Takes a role that is free or expired, raising its term; null where another holds it. */
  take(role: string, holder: string, ttlMs: number): Promise<Leader | null>;
  /** False where it was lost. */
  renew(leader: Leader, ttlMs: number): Promise<boolean>;
  release(leader: Leader): Promise<void>;
}

/** How long a leader may be silent, in ms. */
export const LEADERSHIP_MS = 5_000;

interface LeadershipOptions {
  readonly store: LeadershipStore;
  readonly role: string;
  /** This copy's own name, new at each start. */
  readonly holder: string;
  readonly clock: Clock;
  readonly ttlMs?: number;
  /** Called with what went wrong: leadership is then taken anew. */
  readonly report: (error: unknown) => void;
}

/** Of what must be single, one copy works at a time. */
export class Leadership {
  private readonly ttlMs: number;

  constructor(private readonly options: LeadershipOptions) {
    this.ttlMs = options.ttlMs ?? LEADERSHIP_MS;
  }

  /** Works in each term this copy leads, until the signal aborts. `work` ends when its own signal aborts. */
  async lead(
    signal: AbortSignal,
    work: (leader: Leader, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { store, role, holder, clock, report } = this.options;
    while (!signal.aborted) {
      try {
        const leader = await store.take(role, holder, this.ttlMs);
        if (leader) await this.term(leader, signal, work);
      } catch (error) {
        if (!signal.aborted) report(error);
      }
      await clock.sleep(this.ttlMs / 10, signal);
    }
  }

  private async term(
    leader: Leader,
    signal: AbortSignal,
    work: (leader: Leader, signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const over = new AbortController();
    const within = AbortSignal.any([signal, over.signal]);
    const renewing = this.renewUntil(leader, within).finally(() => over.abort());
    try {
      await work(leader, within);
    } finally {
      over.abort();
      await renewing;
      await this.options.store.release(leader).catch(this.options.report);
    }
  }

  /** Resolves when leadership is lost, given up, or not renewed in time. */
  private async renewUntil(leader: Leader, signal: AbortSignal): Promise<void> {
    const { store, clock, report } = this.options;
    let heldUntil = clock.now().getTime() + this.ttlMs;
    while (!signal.aborted) {
      await clock.sleep(this.ttlMs / 4, signal);
      if (signal.aborted) return;
      const asked = clock.now().getTime();
      try {
        if (!(await store.renew(leader, this.ttlMs))) return;
        heldUntil = asked + this.ttlMs;
      } catch (error) {
        report(error);
        if (clock.now().getTime() >= heldUntil) return;
      }
    }
  }
}
