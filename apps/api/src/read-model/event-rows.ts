import type { ReadEnvelope, Sql } from '@bulkhead/journal';
import { writeRows } from './rows.js';

const COLUMNS = {
  position: 'bigint',
  place: 'int',
  envelope: 'text',
  recorded_at: 'timestamptz',
  occurred_at: 'timestamptz',
  aggregate: 'text',
  version: 'int',
  organization: 'text',
  actor: 'jsonb',
  command: 'text',
  trace: 'text',
  type: 'text',
  data: 'jsonb',
} as const;

/** Writes each event of a batch as a row of its own, for lists and for machines' histories. */
export const writeEvents = (
  tx: Sql,
  table: 'api_event' | 'scheduler_event',
  batch: readonly ReadEnvelope[],
): Promise<void> =>
  writeRows(
    tx,
    table,
    COLUMNS,
    batch.flatMap(({ events, record, ...body }) =>
      events.map(({ type, data }, place) => ({
        position: record.position,
        place,
        envelope: body.id,
        recorded_at: record.recordedAt,
        occurred_at: body.occurredAt,
        aggregate: aggregateKey(body),
        version: body.version,
        organization: body.organization,
        actor: body.actor,
        command: body.command,
        trace: body.trace ?? null,
        type,
        data,
      })),
    ),
  );

export const aggregateKey = ({ aggregate: { type, id } }: Pick<ReadEnvelope, 'aggregate'>): string =>
  `${type}/${id}`;

/** A batch's envelopes by the id of their aggregate, of those of one type; in order within each. */
export function byAggregate(batch: readonly ReadEnvelope[], type: string): Map<string, ReadEnvelope[]> {
  const groups = new Map<string, ReadEnvelope[]>();
  for (const envelope of batch) {
    if (envelope.aggregate.type !== type) continue;
    const group = groups.get(envelope.aggregate.id);
    if (group) group.push(envelope);
    else groups.set(envelope.aggregate.id, [envelope]);
  }
  return groups;
}
