import { withoutSealed } from '@bulkhead/contracts';
import { z } from 'zod';
import type { ApiEventRow } from '../read-model/entities.js';

export const eventAnswer = z.object({
  /** Its journal, position and place: unique, and in order within a journal. */
  id: z.string(),
  journal: z.enum(['api', 'scheduler']),
  position: z.int(),
  recorded_at: z.string(),
  occurred_at: z.string(),
  aggregate: z.string(),
  version: z.int(),
  organization: z.string(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  command: z.string(),
  trace: z.string().nullable(),
  type: z.string(),
  data: z.record(z.string(), z.unknown()),
});
export type EventAnswer = z.input<typeof eventAnswer>;
export type JournalName = EventAnswer['journal'];

export const eventAnswerOf = (journal: JournalName, row: ApiEventRow): EventAnswer => ({
  id: `${journal}-${row.position}-${row.place}`,
  journal,
  position: row.position,
  recorded_at: row.recordedAt.toISOString(),
  occurred_at: row.occurredAt.toISOString(),
  aggregate: row.aggregate,
  version: row.version,
  organization: row.organization,
  actor: { ...row.actor },
  command: row.command,
  trace: row.trace,
  type: row.type,
  data: z.record(z.string(), z.unknown()).parse(withoutSealed(row.data)),
});
