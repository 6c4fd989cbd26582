import type { JournalStatus } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { serviceName, type Silent } from './ask-service.js';

const place = z.object({ epoch: z.string(), position: z.int() });

export const journalAnswer = z.object({
  service: serviceName,
  problem: z.string().nullable().meta({ description: 'Why its owner did not answer; the rest is null then' }),
  head: place.nullable(),
  epochs: z.array(z.object({ epoch: z.string(), last_position: z.int() })).nullable(),
  stream: z
    .object({
      first_sequence: z.int(),
      last_sequence: z.int(),
      messages: z.int(),
      bytes: z.int(),
      drift: z.array(z.string()),
    })
    .nullable(),
  relay: z.object({ state: z.string(), why: z.string().nullable() }).nullable(),
  surplus: z.int().nullable().meta({ description: 'Envelopes that the stream has and the journal has not' }),
  projections: z
    .array(
      z.object({
        name: z.string(),
        journal: serviceName,
        cursor: place,
        state: z.string(),
        why: z.string().nullable(),
      }),
    )
    .nullable(),
});
type JournalAnswer = z.infer<typeof journalAnswer>;

export const journalAnswerOf = ({ epochs, stream, readers, ...status }: JournalStatus): JournalAnswer => ({
  ...status,
  problem: null,
  epochs: epochs.map(({ epoch, lastPosition }) => ({ epoch, last_position: lastPosition })),
  stream: stream && {
    first_sequence: stream.firstSequence,
    last_sequence: stream.lastSequence,
    messages: stream.messages,
    bytes: stream.bytes,
    drift: stream.drift,
  },
  projections: readers,
});

export const silentJournal = (silent: Silent): JournalAnswer => ({
  ...silent,
  head: null,
  epochs: null,
  stream: null,
  relay: null,
  surplus: null,
  projections: null,
});
