import { epochStart, type Cursor } from '@bulkhead/contracts';
import type { StreamState } from '../ports/bus.js';

/** What the last message of a stream says it is, and what the journal has at that position. */
export interface LastMessage {
  readonly epoch: string;
  readonly envelope: string;
  /** Null where the journal has nothing there. */
  readonly journalEnvelope: string | null;
}

export interface Compared {
  readonly state: StreamState | null;
  /** Read after the stream's state: a journal that is in order is never behind its stream then. */
  readonly head: Cursor;
  /** Null where the stream holds no message at its last sequence. */
  readonly last: LastMessage | null;
  /** The oldest position that the stream should hold, by age and size. */
  readonly oldest: number;
  readonly maxBytes: number;
}

export type Verdict =
  | { readonly kind: 'good' }
  | { readonly kind: 'repair'; readonly why: string }
  /** The stream knows what the journal doesn't: the journal lost commits, and only an operator can say which of them is right. */
  | { readonly kind: 'ahead'; readonly why: string };

/** A stream near its size limit has lost its oldest messages rightly. */
const NEARLY_FULL = 0.9;

/** Compares a stream with the journal it carries. */
export function judgeStream({ state, head, last, oldest, maxBytes }: Compared): Verdict {
  if (!state) return { kind: 'repair', why: 'the stream is missing' };
  const surplus = surplusOf(state, head, last);
  if (surplus) return surplus;
  if (state.drift.length > 0)
    return { kind: 'repair', why: `configured otherwise: ${state.drift.join(', ')}` };
  if (state.messages !== state.lastSequence - state.firstSequence + 1)
    return { kind: 'repair', why: 'messages are missing' };
  if (state.lastSequence + 1 < oldest)
    return { kind: 'repair', why: 'it ends before the oldest event to be kept' };
  if (state.firstSequence > oldest && state.bytes < maxBytes * NEARLY_FULL)
    return { kind: 'repair', why: `it begins at ${state.firstSequence}, not at ${oldest}` };
  return { kind: 'good' };
}

function surplusOf(state: StreamState, head: Cursor, last: LastMessage | null): Verdict | undefined {
  const beyond = state.lastSequence > head.position;
  const other = last !== null && last.envelope !== last.journalEnvelope;
  if (!beyond && !other) return undefined;
  const why = beyond
    ? `the stream is at ${state.lastSequence}, the journal at ${head.position}`
    : `the stream holds another envelope at ${state.lastSequence} than the journal`;
  // A newer epoch than the message's was begun knowingly: its commits were given up.
  if (last && epochStart(last.epoch) < epochStart(head.epoch))
    return { kind: 'repair', why: `${why}, of an epoch given up` };
  return { kind: 'ahead', why };
}
