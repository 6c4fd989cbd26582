import { EventEmitter } from 'node:events';

/** The journals whose read models this service keeps. */
export type JournalOfChange = 'api' | 'scheduler';

/** What the read models have just taken in, for who waits: ids of aggregates as `<type>/<id>`. */
export class Changes {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  /** Tells whoever waits that these have changed. */
  announce(journal: JournalOfChange, aggregates: readonly string[]): void {
    for (const aggregate of new Set(aggregates)) this.#emitter.emit(aggregate);
    this.#emitter.emit(journal, aggregates);
  }

  /** Calls `onChange` at each change of one aggregate until the returned function is called. */
  watch(aggregate: string, onChange: () => void): () => void {
    this.#emitter.on(aggregate, onChange);
    return () => this.#emitter.off(aggregate, onChange);
  }

  /** The same for everything of one journal. */
  watchJournal(journal: JournalOfChange, onChange: (aggregates: readonly string[]) => void): () => void {
    this.#emitter.on(journal, onChange);
    return () => this.#emitter.off(journal, onChange);
  }

  /**
   * Asks `attempt` now and after each change until it answers, and gives up at the deadline with null.
   * Never misses a change: it watches before it asks.
   */
  async until<T>(
    aggregate: string,
    attempt: () => Promise<T | null>,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<T | null> {
    let woken = Promise.withResolvers<void>();
    const wake = () => woken.resolve();
    const stop = this.watch(aggregate, wake);
    let over = signal.aborted;
    const end = () => {
      over = true;
      wake();
    };
    const timer = setTimeout(end, timeoutMs);
    signal.addEventListener('abort', end, { once: true });
    try {
      for (;;) {
        const found = await attempt();
        if (found !== null || over) return found;
        await woken.promise;
        woken = Promise.withResolvers<void>();
      }
    } finally {
      stop();
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
    }
  }
}
