import { setTimeout as sleep } from 'node:timers/promises';
import { TerminalError } from '@bulkhead/contracts';
import type { Logger } from './logging.js';

/**
 * Tries something that isn't there yet until it is, saying every few seconds what it waits for. A terminal error ends it.
 * @param attempt resolves once it works, throws while it doesn't.
 */
export async function waitFor<T>(
  what: string,
  attempt: () => Promise<T>,
  logger: Logger,
  {
    everyMs = 250,
    sayEveryMs = 5_000,
    signal,
  }: { everyMs?: number; sayEveryMs?: number; signal?: AbortSignal } = {},
): Promise<T> {
  let saidAt = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      if (error instanceof TerminalError) throw error;
      if (Date.now() - saidAt >= sayEveryMs) {
        saidAt = Date.now();
        logger.info(
          { problem: error instanceof Error ? error.message : String(error) },
          `waiting for ${what}`,
        );
      }
    }
    await sleep(everyMs, undefined, signal ? { signal } : {});
  }
}
