import { Comparison, type Comparisons, type Peers } from './comparison.js';
import { explanationOf } from './explanations.js';
import { requestsOf } from './requests.js';
import { answerOf } from './responses.js';
import { shrunk } from './shrink.js';
import { hostOf, LANES, type Participant } from './views.js';

export interface RunSettings {
  readonly seed: number;
  /** How many connections' worth of requests, and how many answers. */
  readonly requests: number;
  readonly responses: number;
}

export interface Failure {
  /** What no explanation fits, or nothing can excuse. */
  readonly what: string;
  readonly side: 'request' | 'response';
  /** Which message of the seed showed it first. */
  readonly index: number;
  /** The shortest message found that still shows it, as a JavaScript string. */
  readonly message: string;
}

export interface Report {
  readonly failures: readonly Failure[];
  /** How often each explanation was needed, and by whom. */
  readonly explained: ReadonlyMap<string, number>;
}

type Compare = (text: string) => Promise<Comparisons>;

/** Enough to see what is wrong. */
const MAX_SHRUNK = 5;

/** Compares the edge with its peers over the messages of a seed, as many at a time as there are lanes. */
export async function compareAll(edge: Participant, peers: Peers, settings: RunSettings): Promise<Report> {
  const run = new Run(new Comparison(edge, peers), settings);
  await run.all('request', settings.requests);
  await run.all('response', settings.responses);
  return run;
}

class Run implements Report {
  readonly failures: Failure[] = [];
  readonly explained = new Map<string, number>();
  private readonly seen = new Set<string>();

  constructor(
    private readonly comparison: Comparison,
    private readonly settings: RunSettings,
  ) {}

  async all(side: Failure['side'], count: number): Promise<void> {
    let next = 0;
    await Promise.all(
      LANES.map(async (_, lane) => {
        while (next < count) await this.one(side, lane, next++);
      }),
    );
  }

  private async one(side: Failure['side'], lane: number, index: number): Promise<void> {
    const { seed } = this.settings;
    const answer = answerOf(seed, index);
    const text = side === 'request' ? requestsOf(seed, index, hostOf(lane)) : answer.text;
    const compare: Compare = (candidate) =>
      side === 'request'
        ? this.comparison.requests(lane, candidate)
        : this.comparison.responses(lane, { ...answer, text: candidate });
    const found = await compare(text);
    this.count(found);
    for (const what of problemsOf(found)) {
      if (this.seen.has(what)) continue;
      this.seen.add(what);
      const message =
        this.seen.size > MAX_SHRUNK
          ? text
          : await shrunk(text, async (shorter) => problemsOf(await compare(shorter)).includes(what));
      this.failures.push({ what, side, index, message: JSON.stringify(message) });
    }
  }

  private count({ differences }: Comparisons): void {
    for (const difference of differences) {
      const id = explanationOf(difference)?.id;
      if (id === undefined) continue;
      const key = `${id} ${difference.peer}`;
      this.explained.set(key, (this.explained.get(key) ?? 0) + 1);
    }
  }
}

const problemsOf = ({ differences, faults }: Comparisons): string[] => [
  ...faults,
  ...differences
    .filter((difference) => !explanationOf(difference))
    .map(({ peer, aspect }) => `${peer}, unexplained: ${aspect}`),
];

/** What a person reads: how often each explanation was needed, then what failed and how to see it again. */
export function formatReport({ explained, failures }: Report, { seed }: RunSettings): string {
  const counts = [...explained]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => `${String(count).padStart(7)}  ${key}`);
  const failed = failures.map(
    ({ what, side, index, message }) =>
      `FAILED  ${what}\n        seed ${seed}, ${side} ${index}, shrunk to ${message}`,
  );
  return [...counts, ...failed].join('\n');
}
