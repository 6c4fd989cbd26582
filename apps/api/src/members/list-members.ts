import { membershipAggregate, ROLES, type UserId } from '@bulkhead/domain';
import { userId } from '@bulkhead/contracts';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, organizationParams } from '../operations/shapes.js';
import { peopleBy, personAnswer } from '../users/person.js';

export const memberAnswer = z.object({ user: personAnswer, role: z.enum(ROLES) });

export const listMembers = operation({
  name: 'members.list',
  summary: 'List who belongs to an organization, and as what',
  method: 'GET',
  path: '/api/v1/organizations/:org_slug/members',
  access: { on: 'organization', action: 'read', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query: noQuery,
  body: noBody,
  result: z.object({ members: z.array(memberAnswer) }),
  async handle({ api, target: { organization } }) {
    const now = { time: api.clock.now() };
    const { state } = await api.journal.stateAt(membershipAggregate, organization, now);
    const roles = state.status === 'peopled' ? Object.entries(state.roles) : [];
    const members = roles.map(([user, role]) => ({ id: userId.parse(user), role }));
    const people = await peopleBy(
      api.database,
      members.map(({ id }) => id),
    );
    return { members: members.map(({ id, role }) => ({ user: people.get(id) ?? nameless(id), role })) };
  },
});

/** A person whose name was erased is still who did what the events say. */
const nameless = (id: UserId) => ({ id, name: null, email: null });
