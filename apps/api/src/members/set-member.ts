import { membershipAggregate, organizationAggregate, Refusal, ROLES, userAggregate } from '@bulkhead/domain';
import { z } from 'zod';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noQuery, OK, ok } from '../operations/shapes.js';
import { memberParams, organizationNamed } from './member-target.js';

export const setMember = operation({
  name: 'members.set',
  summary: 'Add a user to an organization, or change the role of a member',
  method: 'PUT',
  path: '/api/v1/organizations/:org_slug/members/:user',
  access: { on: 'platform', action: 'control' },
  params: memberParams,
  query: noQuery,
  body: z.strictObject({ role: z.enum(ROLES) }),
  result: ok,
  async handle(call) {
    const { params, body } = call.input;
    const { user } = params;
    const organization = await organizationNamed(call.api, params.org_slug);
    await decideHere(call, organization, { set: 'member', organization, user, ...body }, async (decision) => {
      const [owner, person, known] = await Promise.all([
        decision.load(organizationAggregate, organization),
        decision.load(userAggregate, user),
        decision.load(membershipAggregate, organization),
      ]);
      if (owner.state.status !== 'active') throw new Refusal('not_found', 'organization not found', 404);
      if (person.state.status !== 'active') throw new Refusal('not_found', 'user not found', 404);
      const isMember = known.state.status === 'peopled' && user in known.state.roles;
      const command = isMember
        ? ({ type: 'change-role', user, ...body } as const)
        : ({ type: 'add', organization, kind: owner.state.kind, user, ...body } as const);
      decision.append(known, membershipAggregate.decide(command, known.state));
      return null;
    });
    return OK;
  },
});
