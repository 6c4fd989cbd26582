import type { Database } from '../ports/sql.js';
import { Together } from './together.js';

export interface Wanted {
  readonly aggregate: string;
  readonly after: number;
}

interface Asked extends PromiseWithResolvers<Buffer[][]> {
  readonly wanted: readonly Wanted[];
}

/** Enough that one does not wait for the other's long history. */
const RUNS = 3;
const MOST_AGGREGATES = 256;

/** The loads of one process: decisions that begin at once ask once. */
export class Loads {
  private readonly together: Together<Asked>;

  constructor(
    private readonly database: Database,
    private readonly schema: string,
  ) {
    this.together = new Together((asked) => this.run(asked), {
      runs: RUNS,
      most: MOST_AGGREGATES,
      weigh: ({ wanted }) => wanted.length,
    });
  }

  /** For each aggregate its bodies after a version, oldest first. */
  load(wanted: readonly Wanted[]): Promise<Buffer[][]> {
    const asked = { wanted, ...Promise.withResolvers<Buffer[][]>() };
    this.together.add(asked);
    return asked.promise;
  }

  private async run(asked: readonly Asked[]): Promise<void> {
    try {
      const found = await this.select(asked.flatMap(({ wanted }) => wanted));
      let from = 0;
      for (const { wanted, resolve } of asked) resolve(found.slice(from, (from += wanted.length)));
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  /** The lateral keeps the planner, which has no statistics of a young table, at one look into the index per aggregate. */
  private async select(wanted: readonly Wanted[]): Promise<Buffer[][]> {
    const rows = await this.database.prepared<{ which: number; body: Buffer }>(
      `${this.schema}.load`,
      `select w.which::int as which, e.body
       from unnest($1::text[], $2::int[]) with ordinality as w(aggregate, after, which),
         lateral (select v.version, v.body from ${this.schema}.envelope v
                  where v.aggregate = w.aggregate and v.version > w.after order by v.version offset 0) e
       order by w.which, e.version`,
      [wanted.map(({ aggregate }) => aggregate), wanted.map(({ after }) => after)],
    );
    const bodies: Buffer[][] = wanted.map(() => []);
    for (const { which, body } of rows) bodies[which - 1]?.push(body);
    return bodies;
  }
}
