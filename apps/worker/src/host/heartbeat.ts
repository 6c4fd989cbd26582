import { isBulkheadError, newId, type Heartbeat } from '@bulkhead/contracts';
import { done } from '@bulkhead/contracts/commands/scheduler';
import type { CommandBus } from '@bulkhead/journal';

const EVERY_MS = 1_000;
/** Beyond this a late beat is worth less than the next one. */
const DEADLINE_MS = 3_000;

/** Tells the scheduler each second that this host lives and what it offers. Never an event. */
export class HeartbeatSender {
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #silentSince: number | null = null;

  constructor(
    private readonly commands: Pick<CommandBus, 'command'>,
    private readonly current: () => Promise<Heartbeat>,
    private readonly warn: (problem: string) => void,
    /** The scheduler answers again after it did not: it may have missed something. */
    private readonly returned: () => void,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.beat(), EVERY_MS);
    void this.beat();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async beat(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      const input = await this.current();
      const command = { id: `beat.${newId()}`, input };
      await this.commands.command('scheduler', 'heartbeat', command, done, { deadlineMs: DEADLINE_MS });
      if (this.#silentSince !== null) this.returned();
      this.#silentSince = null;
    } catch (error) {
      if (this.#silentSince === null) this.warn(`the scheduler does not answer: ${describe(error)}`);
      this.#silentSince ??= Date.now();
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
