import { isBulkheadError, type Heartbeat } from '@bulkhead/contracts';
import { done } from '@bulkhead/contracts/commands/scheduler';
import type { Clock, CommandBus, Random } from '@bulkhead/journal';

const EVERY_MS = 1_000;
/** Beyond this a late beat is worth less than the next one. */
const DEADLINE_MS = 3_000;

/** Tells the scheduler each second that this host lives and what it offers. Never an event. */
export class HeartbeatSender {
  readonly #over = new AbortController();
  #sending = false;
  #silent = false;

  constructor(
    private readonly commands: Pick<CommandBus, 'command'>,
    private readonly current: () => Promise<Heartbeat>,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly warn: (problem: string) => void,
    /** The scheduler answers again after it did not: it may have missed something. */
    private readonly returned: () => void,
  ) {}

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#over.abort();
  }

  /** A beat that takes long makes no other late. */
  async #run(): Promise<void> {
    while (!this.#over.signal.aborted) {
      void this.#beat();
      await this.clock.sleep(EVERY_MS, this.#over.signal);
    }
  }

  async #beat(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      const input = await this.current();
      const command = { id: `beat.${this.random.id()}`, input };
      await this.commands.command('scheduler', 'heartbeat', command, done, { deadlineMs: DEADLINE_MS });
      if (this.#silent) this.returned();
      this.#silent = false;
    } catch (error) {
      if (!this.#silent) this.warn(`the scheduler does not answer: ${describe(error)}`);
      this.#silent = true;
    } finally {
      this.#sending = false;
    }
  }
}

const describe = (error: unknown): string =>
  isBulkheadError(error)
    ? `${error.code}: ${error.message}`
    : error instanceof Error
      ? error.message
      : String(error);
