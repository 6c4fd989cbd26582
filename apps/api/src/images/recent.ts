import type { Clock } from '@bulkhead/journal';

/** The values that were put last, each until it is too old. */
export class Recent<Value> {
  private readonly entries = new Map<string, { readonly value: Value; readonly until: number }>();

  constructor(
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  get(key: string): Value | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until > this.now() ? entry.value : undefined;
  }

  put(key: string, value: Value, forMs: number): void {
    this.entries.delete(key);
    this.entries.set(key, { value, until: this.now() + forMs });
    const [oldest] = this.entries.keys();
    if (this.entries.size > this.most && oldest !== undefined) this.entries.delete(oldest);
  }

  /** Forgets a value unless another has taken its place. */
  drop(key: string, value: Value): void {
    if (this.entries.get(key)?.value === value) this.entries.delete(key);
  }

  private now(): number {
    return this.clock.now().getTime();
  }
}
