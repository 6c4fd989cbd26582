import { z } from 'zod';
import { envelopeRecord, SERVICES } from '../envelope.js';
import { cursor } from '../event-contract.js';
import { timestamp } from '../ids.js';

/**
 * Commands that every service with a journal takes from the api, for its operator: `bh.cmd.<service>.<name>.api`. What changes
 * something was cleared and recorded by the api before.
 */

const nothing = z.strictObject({});
const name = z.string().min(1).max(64);
const aggregate = z.string().max(200);

/** `about`: who answers, whether it works, and how long its certificate holds. */
export const aboutRequest = nothing;
export const aboutResult = z.object({
  service: z.enum(SERVICES),
  /** Its own clock. */
  now: timestamp,
  certificateExpiresAt: timestamp,
  /** What it waits for, by name; empty where it is ready. */
  waitingFor: z.record(z.string(), z.string()),
});
export type AboutResult = z.infer<typeof aboutResult>;

/** `journal-status`: a journal and its stream as their owner sees them. */
export const journalStatusRequest = nothing;
export const journalStatusResult = z.object({
  service: z.enum(SERVICES),
  head: cursor,
  epochs: z.array(z.object({ epoch: z.string(), lastPosition: z.int().nonnegative() })),
  /** Null where there is no such stream. */
  stream: z
    .object({
      firstSequence: z.int().nonnegative(),
      lastSequence: z.int().nonnegative(),
      messages: z.int().nonnegative(),
      bytes: z.int().nonnegative(),
      /** Settings that are not as they should be. */
      drift: z.array(z.string()),
    })
    .nullable(),
  /** Of the copy that answers; `waiting` where another one leads. */
  relay: z.object({
    state: z.enum(['waiting', 'aligning', 'carrying', 'stopped']),
    why: z.string().nullable(),
  }),
  /** How many envelopes the stream holds beyond the journal. */
  surplus: z.int().nonnegative(),
  readers: z.array(
    z.object({
      name,
      journal: z.enum(SERVICES),
      cursor,
      state: z.string(),
      why: z.string().nullable(),
    }),
  ),
});
export type JournalStatus = z.infer<typeof journalStatusResult>;

/** `journal-surplus`: what the stream holds beyond the journal, the first of it. */
export const journalSurplusRequest = nothing;
export const journalSurplusResult = z.object({
  total: z.int().nonnegative(),
  envelopes: z.array(envelopeRecord.extend({ id: z.string(), aggregate })).max(100),
});
export type JournalSurplus = z.infer<typeof journalSurplusResult>;

/** `reconcile-journal`: takes the surplus in, or gives it up in a new epoch. */
export const reconcileJournalRequest = z.strictObject({ how: z.enum(['adopt', 'new-epoch']) });
export const reconcileJournalResult = z.object({
  adopted: z.int().nonnegative(),
  /** The new epoch, where one was begun. */
  epoch: z.string().nullable(),
});
export type ReconciledJournal = z.infer<typeof reconcileJournalResult>;

/** `parked`: what projections and reactors could not follow. */
export const parkedRequest = nothing;
export const parkedResult = z.object({
  total: z.int().nonnegative(),
  parked: z
    .array(
      z.object({
        reader: name,
        kind: z.enum(['projection', 'reactor']),
        /** Names it among what its reader parked: an aggregate for a projection, a position for a reactor. */
        work: aggregate,
        aggregate,
        position: z.int().positive(),
        error: z.string(),
        at: timestamp,
      }),
    )
    .max(200),
});
export type ParkedWork = z.infer<typeof parkedResult>;

/** `retry-parked` and `discard-parked` */
export const parkedWorkRequest = z.strictObject({ reader: name, work: aggregate });
export const parkedWorkResult = z.object({ done: z.literal(true) });

/** `start-replay`: builds a projection anew beside its tables, in the background. */
export const startReplayRequest = z.strictObject({ projection: name, swap: z.boolean() });
export const startReplayResult = z.object({ replay: z.string().max(128) });

/** `replay-status`: of a replay that was started, kept by the copy that runs it. */
export const replayStatusRequest = z.strictObject({ replay: z.string().max(128) });
const replayed = z.object({
  cursor,
  envelopes: z.int().nonnegative(),
  rows: z.record(z.string(), z.int().nonnegative()),
  /** The first rows of each table and side; values that are sealed are left out, long rows are cut. */
  drift: z.array(z.object({ table: z.string(), side: z.enum(['live', 'replayed']), row: z.string() })),
  /** Rows by table and side, counted up to a hundred. */
  drifted: z.array(
    z.object({ table: z.string(), side: z.enum(['live', 'replayed']), rows: z.int().positive() }),
  ),
  parked: z.array(z.object({ aggregate, error: z.string() })).max(100),
  swapped: z.boolean(),
});
export const replayStatusResult = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), position: z.int().nonnegative() }),
  z.object({ state: z.literal('done'), report: replayed }),
  z.object({ state: z.literal('failed'), error: z.string() }),
]);
export type ReplayStatus = z.infer<typeof replayStatusResult>;

/** `state-at`: one aggregate as it was after a position or at a time of recording, from the journal alone. */
export const stateAtRequest = z.strictObject({
  type: z.string().max(32),
  id: z.string().max(160),
  at: z.union([z.strictObject({ position: z.int().nonnegative() }), z.strictObject({ time: timestamp })]),
});
export const stateAtResult = z.object({
  /** The last position that counted, and when it was recorded; null where nothing had been by then. */
  position: z.int().nonnegative(),
  record: envelopeRecord.nullable(),
  version: z.int().nonnegative(),
  /** Sealed fields are left out. */
  state: z.record(z.string(), z.unknown()),
});
export type StateAt = z.infer<typeof stateAtResult>;
