import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { cursorText, noBody, noParams, organizationParams, whole } from '../operations/shapes.js';
import { eventAnswer } from './event-answer.js';
import { readEvents } from './event-reads.js';

const DEFAULT = 100;

const query = z.object({
  journal: z.enum(['api', 'scheduler']).default('scheduler'),
  after: cursorText.optional().meta({ description: 'The next_cursor of an earlier answer' }),
  order: z.enum(['asc', 'desc']).default('asc'),
  type: z.string().max(64).optional(),
  aggregate: z
    .string()
    .max(200)
    .optional()
    .meta({ description: '<type>/<id>, such as machine/d8d1f00d5ca1ab' }),
  limit: whole(1, 500).optional(),
});
const result = z.object({ events: z.array(eventAnswer), next_cursor: z.string().nullable() });
type Asked = z.output<typeof query>;

const paged = ({ limit, ...asked }: Asked) => ({ ...asked, limit: limit ?? DEFAULT });

export const listEvents = operation({
  name: 'events.list',
  summary: 'List the events of a journal, in their order',
  method: 'GET',
  path: '/api/v1/events',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query,
  body: noBody,
  result,
  async handle({ api, input }) {
    const { items, next } = await readEvents(api.source, { ...paged(input.query), organization: 'all' });
    return { events: [...items], next_cursor: next };
  },
});

export const listOrganizationEvents = operation({
  name: 'events.list-of-organization',
  summary: "List an organization's events of a journal, in their order",
  method: 'GET',
  path: '/api/v1/organizations/:org_slug/events',
  access: { on: 'organization', action: 'read', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query,
  body: noBody,
  result,
  async handle({ api, target: { organization }, input }) {
    const { items, next } = await readEvents(api.source, { ...paged(input.query), organization });
    return { events: [...items], next_cursor: next };
  },
});
