/** A binary heap: the least element first. */
export class Heap<T> {
  private readonly items: T[] = [];

  constructor(private readonly compare: (a: T, b: T) => number) {}

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items } = this;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isLess(at, parent)) return;
      this.swap(at, parent);
      at = parent;
    }
  }

  pop(): T | undefined {
    const { items } = this;
    const [least] = items;
    const last = items.pop();
    if (items.length === 0 || last === undefined) return least;
    items[0] = last;
    this.sink();
    return least;
  }

  private sink(): void {
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      if (left >= this.items.length) return;
      const child = left + 1 < this.items.length && this.isLess(left + 1, left) ? left + 1 : left;
      if (!this.isLess(child, at)) return;
      this.swap(child, at);
      at = child;
    }
  }

  private isLess(one: number, other: number): boolean {
    const [a, b] = [this.items[one], this.items[other]];
    return a !== undefined && b !== undefined && this.compare(a, b) < 0;
  }

  private swap(one: number, other: number): void {
    const { items } = this;
    [items[one], items[other]] = [items[other] as T, items[one] as T];
  }
}
