/** Holds spans between two hand-overs; a bounded number, so that a burst costs spans and not memory. */
export class SpanBuffer<Span> {
  private held: Span[] = [];
  /** How many found no room. */
  dropped = 0;

  constructor(private readonly limit: number) {}

  add(span: Span): void {
    if (this.held.length < this.limit) this.held.push(span);
    else this.dropped++;
  }

  /** Takes the oldest out, `count` at most. */
  take(count = this.limit): Span[] {
    return this.held.splice(0, count);
  }
}
