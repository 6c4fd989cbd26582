interface Options<Item> {
  /** How many runs may be under way at once. */
  readonly runs: number;
  /** How much one run may take, in whatever `weigh` counts; always at least one item. */
  readonly most: number;
  readonly weigh?: (item: Item) => number;
  /** What an item needs for itself: it waits while another that is under way has one of the same. */
  readonly claims?: (item: Item) => readonly string[];
}

/**
 * Does together what was asked for while earlier runs were under way. Nothing waits for company: where a run is free, one begins with
 * all that came in the same turn of the event loop.
 */
export class Together<Item> {
  private queue: Item[] = [];
  private readonly claimed = new Set<string>();
  private underWay = 0;
  private scheduled = false;
  private readonly claims: (item: Item) => readonly string[];
  private readonly weigh: (item: Item) => number;

  constructor(
    /** Settles each item by itself, and never rejects. */
    private readonly run: (items: readonly Item[]) => Promise<void>,
    private readonly options: Options<Item>,
  ) {
    this.claims = options.claims ?? (() => []);
    this.weigh = options.weigh ?? (() => 1);
  }

  add(item: Item): void {
    this.queue.push(item);
    this.schedule();
  }

  /** Takes items out of the queue that claim one of these, for who can settle them already. */
  withdraw(claims: ReadonlySet<string>): readonly Item[] {
    const { out = [], rest = [] } = Object.groupBy(this.queue, (item) =>
      this.claims(item).some((claim) => claims.has(claim)) ? 'out' : 'rest',
    );
    this.queue = rest;
    return out;
  }

  private schedule(): void {
    if (this.scheduled || this.underWay === this.options.runs || this.queue.length === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.begin();
    });
  }

  private async begin(): Promise<void> {
    const items = this.take();
    if (items.length === 0) return;
    this.underWay++;
    this.schedule();
    await this.run(items);
    for (const item of items) for (const claim of this.claims(item)) this.claimed.delete(claim);
    this.underWay--;
    this.schedule();
  }

  private take(): readonly Item[] {
    const taken: Item[] = [];
    const left: Item[] = [];
    let weight = 0;
    for (const item of this.queue) {
      const claims = this.claims(item);
      const fits = taken.length === 0 || weight + this.weigh(item) <= this.options.most;
      if (!fits || claims.some((claim) => this.claimed.has(claim))) left.push(item);
      else {
        taken.push(item);
        weight += this.weigh(item);
        for (const claim of claims) this.claimed.add(claim);
      }
    }
    this.queue = left;
    return taken;
  }
}
