import { EPOCH_STARTED, epochStart, journalEpochStarted, type Cursor } from '@bulkhead/contracts';
import type { Recorded } from '../relay/recorded.js';
import { decodeBody } from '../store/body.js';
import type { Page } from './pages.js';

/** What this reader has read was given up by a new epoch: it has to be built anew from the beginning. */
export class EpochLost extends Error {
  override readonly name = 'EpochLost';
}

/** The next position isn't the last + 1. */
export class Gap extends Error {
  override readonly name = 'Gap';
}

/** The cursor after an envelope that directly follows the cursor before. @throws Gap | EpochLost */
export function follow(at: Cursor, { record, body }: Recorded): Cursor {
  const { epoch, position } = record;
  if (position !== at.position + 1) throw new Gap(`position ${position} after ${at.position}`);
  if (epoch !== at.epoch && !beginsEpoch(body, at.position))
    throw new EpochLost(
      `position ${position} belongs to epoch ${epoch}, what was read before it to ${at.epoch || 'none'}`,
    );
  return { epoch, position };
}

/** Whether an envelope begins an epoch directly after a position. */
function beginsEpoch(body: Uint8Array, lastPosition: number): boolean {
  const [first] = decodeBody(body).events;
  return first?.type === EPOCH_STARTED && journalEpochStarted.parse(first.data).lastPosition === lastPosition;
}

/** A reader beyond the last position that a newer epoch kept has read what is no more. @throws EpochLost */
export function checkEpochs(at: Cursor, epochs: Page['epochs']): void {
  const given = epochs.find(
    ({ epoch, lastPosition }) => epochStart(epoch) > epochStart(at.epoch) && lastPosition < at.position,
  );
  if (given)
    throw new EpochLost(
      `epoch ${given.epoch} kept ${given.lastPosition} positions, ${at.position} were read`,
    );
}
