import type { EventCodec } from '../events/decode.js';
import { UnknownEvent } from '../events/decode.js';
import type { Recorded } from '../relay/recorded.js';
import { decodeBody } from '../store/body.js';
import type { ReadEnvelope } from './projection.js';

/** An envelope, or why it can't be read although this release knows its version. */
export type Readable =
  | { readonly recorded: Recorded; readonly envelope: ReadEnvelope }
  | { readonly recorded: Recorded; readonly error: unknown };

/** @throws UnknownEvent */
export function readEnvelope(codec: EventCodec, recorded: Recorded): Readable {
  try {
    const { events, ...body } = decodeBody(recorded.body);
    const decoded = events.map((event) => codec.decode(event));
    return { recorded, envelope: { ...body, record: recorded.record, events: decoded } };
  } catch (error) {
    if (error instanceof UnknownEvent) throw error;
    return { recorded, error };
  }
}

/** What of a batch this release can read, and the event it doesn't know, if one ended it. */
export function readBatch(
  codec: EventCodec,
  batch: readonly Recorded[],
): { readonly readable: readonly Readable[]; readonly unknown: UnknownEvent | undefined } {
  const readable: Readable[] = [];
  for (const recorded of batch) {
    try {
      readable.push(readEnvelope(codec, recorded));
    } catch (error) {
      if (error instanceof UnknownEvent) return { readable, unknown: error };
      throw error;
    }
  }
  return { readable, unknown: undefined };
}
