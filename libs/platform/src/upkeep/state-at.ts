import { TerminalError, withoutSealed } from '@bulkhead/contracts';
import type { StateAt } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import type { At, Upkept } from './upkept.js';

const state = z.record(z.string(), z.unknown());

/**
 * An aggregate as it was then, folded from the journal.
 * @throws TerminalError `not_in_journal` (404) for a position that isn't there yet or a type the journal doesn't have.
 */
export async function stateAt(upkept: Upkept, type: string, id: string, at: At): Promise<StateAt> {
  const { service, store } = upkept;
  const head = await store.head();
  if ('position' in at && at.position > head.position)
    throw new TerminalError('not_in_journal', `the journal of ${service} ends at position ${head.position}`, {
      status: 404,
    });
  const found = (await upkept.stateAt?.(type, id, at)) ?? null;
  if (!found)
    throw new TerminalError('not_in_journal', `the journal of ${service} knows nothing of any ${type}`, {
      status: 404,
    });
  const [last] = found.position > 0 ? await store.from(found.position, 1, 1) : [];
  return {
    position: found.position,
    record: last?.record ?? null,
    version: found.version,
    state: state.parse(withoutSealed(found.state)),
  };
}
