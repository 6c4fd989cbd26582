/** How often what occurred, by kind and name. */
export class Coverage {
  private readonly counts = new Map<string, Map<string, number>>();

  count(kind: string, name: string, times = 1): void {
    const ofKind = this.counts.get(kind) ?? new Map<string, number>();
    this.counts.set(kind, ofKind);
    ofKind.set(name, (ofKind.get(name) ?? 0) + times);
  }

  add(other: CoverageCounts): void {
    for (const [kind, names] of Object.entries(other))
      for (const [name, times] of Object.entries(names)) this.count(kind, name, times);
  }

  toJSON(): CoverageCounts {
    return Object.fromEntries([...this.counts].map(([kind, names]) => [kind, Object.fromEntries(names)]));
  }
}

export type CoverageCounts = Readonly<Record<string, Readonly<Record<string, number>>>>;
