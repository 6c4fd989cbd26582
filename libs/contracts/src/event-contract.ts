import type { DomainEvent } from '@bulkhead/domain';
import { z } from 'zod';
import { timestamp } from './ids.js';

/** Turns an event's data of one contract version into that of the next. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;

/** The shape of one type of event, and the way to it from every version ever shipped. */
export interface EventContract {
  /** What is written today, from 1. */
  readonly v: number;
  readonly schema: z.ZodType;
  /** `upcast[n]` leads from version n to n + 1; one for each version below `v`. */
  readonly upcast?: Readonly<Record<number, Upcaster>>;
}

/** By event type. */
export type EventContracts = Readonly<Record<string, EventContract>>;

/** A contract for each event of an aggregate, whose schema gives what the domain's type says. */
export type ContractsOf<Event extends DomainEvent> = {
  readonly [Type in Event['type']]: EventContract & {
    readonly schema: z.ZodType<Extract<Event, { readonly type: Type }>['data']>;
  };
};

/** The aggregate in which a journal records its own life; its id is the service. */
export const JOURNAL_AGGREGATE = 'journal';
export const EPOCH_STARTED = 'JournalEpochStarted';

/** The first event of each epoch: a reader at or before `lastPosition` goes on, one beyond it rebuilds. */
export const journalEpochStarted = z.strictObject({
  epoch: z.string().max(64),
  lastPosition: z.int().nonnegative(),
  reason: z.enum(['created', 'restored', 'failed-over', 'reconciled']),
});
export type JournalEpochStarted = z.infer<typeof journalEpochStarted>;

/** An epoch's start in unix seconds and a random id, as one token. */
export const epochId = z
  .string()
  .regex(/^\d{1,12}-[0-9a-f]{12}$/, 'not an epoch: <unix seconds>-<12 hex digits>');
/** Its start in unix seconds; 0 for the empty epoch of a reader that has read nothing. */
export const epochStart = (epoch: string): number => (epoch === '' ? 0 : Number(epoch.split('-')[0]));

/** Events that every journal writes by itself. */
export const journalContracts = {
  [EPOCH_STARTED]: { v: 1, schema: journalEpochStarted },
} satisfies EventContracts;

/** How far a journal or a reader is. */
export const cursor = z.strictObject({ epoch: z.string().max(64), position: z.int().nonnegative() });
export type Cursor = z.infer<typeof cursor>;

/** Input of `bh.cmd.<service>.pages.<caller>`: a journal from its owner, for what the stream no longer or not yet has. */
export const pagesRequest = z.union([
  z.strictObject({ after: z.int().nonnegative(), limit: z.int().min(1).max(1000) }),
  /** One aggregate's envelopes, `<type>/<id>`, from a version on. */
  z.strictObject({
    aggregate: z.string().max(200),
    fromVersion: z.int().positive(),
    limit: z.int().min(1).max(1000),
  }),
]);
export type PagesRequest = z.infer<typeof pagesRequest>;

export const pagesResult = z.strictObject({
  records: z.array(
    z.strictObject({
      epoch: z.string().max(64),
      position: z.int().positive(),
      recordedAt: timestamp,
      /** The exact bytes of the body, base64. */
      body: z.base64(),
    }),
  ),
  head: cursor,
  /** Every epoch of the journal, oldest first, with the last position kept when it began. */
  epochs: z.array(z.strictObject({ epoch: z.string(), lastPosition: z.int().nonnegative() })),
});
export type PagesResult = z.infer<typeof pagesResult>;
