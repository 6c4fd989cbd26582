import { RetryableError, TerminalError, withoutSealed } from '@bulkhead/contracts';
import type { ReplayStatus } from '@bulkhead/contracts/commands/upkeep';
import { PostgresShadowStore, replay, type Drift, type Pages, type ReplayReport } from '@bulkhead/journal';
import type { RunningProjection, Upkept } from './upkept.js';

/** Finished replays that can still be asked about. */
const KEPT = 20;
const SHOWN_DRIFT = 100;
const SHOWN_ROW = 1_000;
const SHOWN_PARKED = 100;

/**
 * Replays under way in this copy. One lasts longer than any command may, and holds one transaction from its first row to its last,
 * so it is a job: started by one command, asked about by others. It is kept in memory alone, since a replay ends with the
 * process that holds its transaction, and nothing is lost by starting it again.
 */
export class Replays {
  private readonly known = new Map<string, ReplayStatus>();

  constructor(private readonly upkept: Upkept) {}

  /** The same id starts nothing twice. @throws TerminalError `not_found`; RetryableError `busy` while one is under way. */
  start(id: string, projection: string, swap: boolean): void {
    if (this.known.has(id)) return;
    const running = this.upkept.projections.find(({ definition }) => definition.name === projection);
    if (!running)
      throw new TerminalError('not_found', `${this.upkept.service} has no projection ${projection}`, {
        status: 404,
      });
    if ([...this.known.values()].some(({ state }) => state === 'running'))
      throw new RetryableError(
        'replay_under_way',
        'a replay is under way here; try again when it is done',
        1_000,
      );
    this.put(id, { state: 'running', position: 0 });
    void this.run(id, running, swap);
  }

  /** @throws RetryableError where this copy doesn't know it: another one may. */
  status(id: string): ReplayStatus {
    const status = this.known.get(id);
    if (status) return status;
    throw new RetryableError(
      'replay_unknown',
      'nobody knows of this replay: it ended with the process that ran it, so start it again',
      50,
      { status: 404 },
    );
  }

  /** Never rejects. */
  private async run(id: string, { definition, pages }: RunningProjection, swap: boolean): Promise<void> {
    const { database, schema, stopping } = this.upkept;
    try {
      const report = await replay({
        projection: definition,
        pages: until(stopping, pages),
        store: new PostgresShadowStore(database, schema),
        swap,
        progress: (position) => this.put(id, { state: 'running', position }),
      });
      this.put(id, { state: 'done', report: shown(report) });
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.put(id, { state: 'failed', error: why.slice(0, 2_000) });
    }
  }

  private put(id: string, status: ReplayStatus): void {
    this.known.delete(id);
    this.known.set(id, status);
    const [oldest] = this.known.keys();
    if (this.known.size > KEPT && oldest !== undefined) this.known.delete(oldest);
  }
}

/** Ends a replay between two pages, so that its service can stop. */
const until = (stopping: AbortSignal, pages: Pages): Pages => ({
  ask(request) {
    stopping.throwIfAborted();
    return pages.ask(request);
  },
});

/** A report as it fits one message, without ciphertext. */
function shown({
  drift,
  parked,
  rows,
  ...report
}: ReplayReport): Extract<ReplayStatus, { state: 'done' }>['report'] {
  const groups = Map.groupBy(drift, ({ table, side }) => `${table} ${side}`);
  return {
    ...report,
    rows: { ...rows },
    drift: drift.slice(0, SHOWN_DRIFT).map(readable),
    drifted: [...groups.values()].flatMap(([first, ...more]) =>
      first ? [{ table: first.table, side: first.side, rows: more.length + 1 }] : [],
    ),
    parked: parked
      .slice(0, SHOWN_PARKED)
      .map((entry) => ({ ...entry, error: entry.error.slice(0, SHOWN_ROW) })),
  };
}

const readable = ({ row, ...drift }: Drift): Drift => ({
  ...drift,
  row: JSON.stringify(scalarsFirst(withoutSealed(JSON.parse(row)))).slice(0, SHOWN_ROW),
});

/** What is short stands before what may be cut. */
const scalarsFirst = (row: unknown): unknown =>
  typeof row === 'object' && row !== null
    ? Object.fromEntries(
        Object.entries(row).toSorted(([, one], [, other]) => Number(isNested(one)) - Number(isNested(other))),
      )
    : row;

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null;
