/** Work that several callers wait for together; it is aborted when the last of them has gone away. */
export class SharedWork<K, T, P> {
  private readonly running = new Map<K, Running<T, P>>();

  /**
   * Joins the work under `key`, or starts it. `joined` tells the two apart. Rejects with the signal's reason as soon
   * as it is aborted; the work goes on for the others.
   */
  join(
    key: K,
    start: (signal: AbortSignal, onProgress: (progress: P) => void) => Promise<T>,
    { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (progress: P) => void },
  ): { readonly joined: boolean; readonly result: Promise<T> } {
    const existing = this.running.get(key);
    const work = existing ?? this.begin(key, start);
    return { joined: existing !== undefined, result: this.wait(key, work, signal, onProgress) };
  }

  private begin(
    key: K,
    start: (signal: AbortSignal, onProgress: (progress: P) => void) => Promise<T>,
  ): Running<T, P> {
    const listeners = new Set<(progress: P) => void>();
    const stop = new AbortController();
    const result = start(stop.signal, (progress) => listeners.forEach((listener) => listener(progress)));
    const work = { result, stop, listeners };
    this.running.set(key, work);
    const forget = () => {
      if (this.running.get(key) === work) this.running.delete(key);
    };
    result.then(forget, forget);
    return work;
  }

  private async wait(
    key: K,
    work: Running<T, P>,
    signal: AbortSignal,
    onProgress: (progress: P) => void,
  ): Promise<T> {
    const listener = (progress: P) => onProgress(progress);
    work.listeners.add(listener);
    const gone = Promise.withResolvers<never>();
    const leave = () => gone.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      return await Promise.race([work.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
      work.listeners.delete(listener);
      if (work.listeners.size === 0 && signal.aborted) {
        this.running.delete(key);
        work.stop.abort(signal.reason);
      }
    }
  }
}

interface Running<T, P> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  readonly listeners: Set<(progress: P) => void>;
}
