/** Upper bounds in seconds, from a cache hit to a timeout. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts durations by size; a Prometheus histogram. */
export class Histogram {
  private readonly counts = new Array<number>(BOUNDS.length + 1).fill(0);
  private sum = 0;

  constructor(private readonly name: string) {}

  observe(seconds: number): void {
    let index = 0;
    while (index < BOUNDS.length && seconds > (BOUNDS[index] ?? Infinity)) index++;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += seconds;
  }

  addTo(samples: Map<string, number>): void {
    let total = 0;
    for (const [index, count] of this.counts.entries()) {
      total += count;
      samples.set(`${this.name}_bucket{le="${BOUNDS[index] ?? '+Inf'}"}`, total);
    }
    samples.set(`${this.name}_sum`, this.sum);
    samples.set(`${this.name}_count`, total);
  }
}
