import { metrics, type ObservableResult } from '@opentelemetry/api';
import { isBulkheadError, reportsStored, type Report } from '@bulkhead/contracts';
import type { HostId } from '@bulkhead/domain';
import type { Clock, CommandBus } from '@bulkhead/journal';
import type { WorkerStore } from '../store/worker-store.js';

const BATCH = 200;
const LONGEST_PAUSE_MS = 5_000;

/** Empties the outbox in order, one batch under way; a report is kept until the scheduler says that it is stored. */
export class ReportSender {
  #wake: () => void = () => undefined;
  readonly #over = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(
    private readonly host: HostId,
    private readonly store: Pick<WorkerStore, 'unsent' | 'confirmed' | 'waiting'>,
    private readonly commands: Pick<CommandBus, 'command'>,
    private readonly clock: Clock,
    private readonly warn: (problem: string) => void,
  ) {}

  start(): void {
    const outbox = metrics.getMeter('bulkhead').createObservableGauge('bulkhead_worker_outbox_reports', {
      description: 'Reports that the scheduler has not stored yet.',
    });
    const observe = (result: ObservableResult): void => result.observe(this.store.waiting);
    outbox.addCallback(observe);
    this.#loop = this.#run().finally(() => outbox.removeCallback(observe));
  }

  /** There is something new in the outbox. */
  wake(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#over.abort();
    this.#wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#over.signal.aborted) {
      const woken = new Promise<void>((resolve) => (this.#wake = resolve));
      const reports = this.store.unsent(BATCH);
      if (reports.length === 0) {
        await woken;
        continue;
      }
      try {
        await this.#send(reports);
        failures = 0;
      } catch (error) {
        failures += 1;
        this.warn(describe(error));
        await this.clock.sleep(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures), this.#over.signal);
      }
    }
  }

  async #send(reports: readonly Report[]): Promise<void> {
    const [first, last] = [reports[0]?.number, reports.at(-1)?.number];
    const id = `${this.host}.${first}.${last}`;
    const answer = await this.commands.command(
      'scheduler',
      'report',
      { id, input: { reports } },
      reportsStored,
      {
        deadlineMs: 10_000,
      },
    );
    this.store.confirmed(answer.result.storedUpTo);
  }
}

const describe = (error: unknown): string =>
  isBulkheadError(error)
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? error.message
      : String(error);
