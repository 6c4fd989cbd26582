/** More than these waiting at once are dropped, oldest first: who is told reads what is newest anyway. */
const MOST = 10_000;

/** What has changed since somebody last looked, each thing once, as batches to be waited for. */
export class Wakes<Item> implements AsyncIterable<readonly Item[]> {
  readonly #waiting = new Set<Item>();
  #woken = Promise.withResolvers<void>();

  constructor(private readonly signal: AbortSignal) {
    signal.addEventListener('abort', () => this.#woken.resolve(), { once: true });
  }

  add(items: readonly Item[]): void {
    for (const item of items) {
      this.#waiting.delete(item);
      this.#waiting.add(item);
    }
    while (this.#waiting.size > MOST) this.#waiting.delete(this.#waiting.keys().next().value as Item);
    if (this.#waiting.size > 0) this.#woken.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Item[]> {
    while (!this.signal.aborted) {
      await this.#woken.promise;
      this.#woken = Promise.withResolvers<void>();
      const batch = [...this.#waiting];
      this.#waiting.clear();
      if (batch.length > 0 && !this.signal.aborted) yield batch;
    }
  }
}
