import { visibleOrganization } from '@bulkhead/auth';
import { z } from 'zod';
import { connectionOf, given, pageArgs } from '../graphql/pages.js';
import { rootField } from '../graphql/root-field.js';
import { narrowed } from '../organizations/narrowed.js';
import type { EventAnswer } from './event-answer.js';
import { readEvents } from './event-reads.js';

export const journalName = z
  .enum(['API', 'SCHEDULER'])
  .transform((name) => (name === 'API' ? 'api' : 'scheduler'));

export const eventQueries = {
  events: rootField({
    name: 'events.list-visible',
    access: { on: 'caller', action: 'read' },
    args: z.object({
      journal: journalName,
      organizationId: given(z.string()),
      type: given(z.string().max(64)),
      aggregate: given(z.string().max(200)),
      order: z
        .enum(['ASC', 'DESC'])
        .nullish()
        .transform((order) => (order === 'DESC' ? ('desc' as const) : ('asc' as const))),
      ...pageArgs,
    }),
    async resolve({ api, caller, input: { organizationId, first, ...asked } }) {
      const organization = await narrowed(api, visibleOrganization(caller.principal), organizationId);
      return connectionOf(await readEvents(api.source, { ...asked, organization, limit: first }));
    },
  }),
};

/** Fields of the type; what is not here is a field of the answer. */
export const eventType = {
  journal: ({ journal }: EventAnswer) => journal.toUpperCase(),
  recordedAt: ({ recorded_at }: EventAnswer) => recorded_at,
  occurredAt: ({ occurred_at }: EventAnswer) => occurred_at,
  organizationId: ({ organization }: EventAnswer) => organization,
};
