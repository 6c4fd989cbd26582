import type { OrganizationId } from '@bulkhead/domain';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { ApiEventRow, SchedulerEventRow } from '../read-model/entities.js';
import { decodeCursor, encodeCursor, type Page } from '../read-model/page.js';
import { eventAnswerOf, type EventAnswer, type JournalName } from './event-answer.js';

export interface EventsAsked {
  readonly journal: JournalName;
  readonly organization: OrganizationId | 'all';
  readonly after?: string | undefined;
  readonly order: 'asc' | 'desc';
  readonly type?: string | undefined;
  /** `<type>/<id>` */
  readonly aggregate?: string | undefined;
  readonly limit: number;
}

/** One more than fits in no page, so that a follower can begin at the end. */
const sortKey = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
const ROWS = { api: ApiEventRow, scheduler: SchedulerEventRow } as const;

/**
 * A page of a journal's events. Going forward there is always a next cursor, since more may come: a follower asks again with it.
 * @throws TerminalError `invalid_cursor`
 */
export async function readEvents(source: DataSource, asked: EventsAsked): Promise<Page<EventAnswer>> {
  const forward = asked.order === 'asc';
  const direction = forward ? 'ASC' : 'DESC';
  const found = source
    .getRepository(ROWS[asked.journal])
    .createQueryBuilder('event')
    .orderBy('event.position', direction)
    .addOrderBy('event.place', direction)
    .take(asked.limit);
  if (asked.after !== undefined) {
    const [position, place] = decodeCursor(sortKey, asked.after);
    found.andWhere(`(event.position, event.place) ${forward ? '>' : '<'} (:position, :place)`, {
      position,
      place,
    });
  }
  if (asked.organization !== 'all')
    found.andWhere('event.organization = :organization', { organization: asked.organization });
  if (asked.type) found.andWhere('event.type = :type', { type: asked.type });
  if (asked.aggregate) found.andWhere('event.aggregate = :aggregate', { aggregate: asked.aggregate });
  const rows = await found.getMany();
  const last = rows.at(-1);
  const items = rows.map((row) => eventAnswerOf(asked.journal, row));
  if (!last) return { items, next: forward ? (asked.after ?? encodeCursor([0, 0])) : null };
  const isEnd = !forward && rows.length < asked.limit;
  return { items, next: isEnd ? null : encodeCursor([last.position, last.place]) };
}

/** The cursor after the newest event that somebody may see: a follower of what comes begins here. */
export async function endOfEvents(
  source: DataSource,
  asked: Pick<EventsAsked, 'journal' | 'organization'>,
): Promise<string> {
  const { items, next } = await readEvents(source, { ...asked, order: 'desc', limit: 1 });
  const [newest] = items;
  return newest && next !== null ? next : encodeCursor([0, 0]);
}
