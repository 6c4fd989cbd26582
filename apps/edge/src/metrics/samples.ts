/** One thread's numbers by Prometheus series (`name{label="value"}`). Threads' samples add up. */
export type Samples = ReadonlyMap<string, number>;

export type MetricType = 'counter' | 'gauge' | 'histogram';

export interface MetricFamily {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
}

export function mergeSamples(all: readonly Samples[]): Samples {
  const merged = new Map<string, number>();
  for (const samples of all)
    for (const [series, value] of samples) merged.set(series, (merged.get(series) ?? 0) + value);
  return merged;
}

/** Prometheus' text format, version 0.0.4. */
export function formatSamples(families: readonly MetricFamily[], samples: Samples): string {
  const lines: string[] = [];
  for (const { name, type, help } of families) {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const [series, value] of samples)
      if (belongsTo(series, name, type)) lines.push(`${series} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

function belongsTo(series: string, family: string, type: MetricType): boolean {
  const brace = series.indexOf('{');
  const name = brace < 0 ? series : series.slice(0, brace);
  if (type !== 'histogram') return name === family;
  return name === `${family}_bucket` || name === `${family}_sum` || name === `${family}_count`;
}
