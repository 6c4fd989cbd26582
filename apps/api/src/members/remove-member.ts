import { membershipAggregate } from '@bulkhead/domain';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { memberParams, organizationNamed } from './member-target.js';

export const removeMember = operation({
  name: 'members.remove',
  summary: 'Remove a member from an organization; its last admin stays',
  method: 'DELETE',
  path: '/api/v1/organizations/:org_slug/members/:user',
  access: { on: 'platform', action: 'control' },
  params: memberParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    const { user, org_slug } = call.input.params;
    const organization = await organizationNamed(call.api, org_slug);
    await decideHere(call, organization, { remove: 'member', organization, user }, async (decision) => {
      const known = await decision.load(membershipAggregate, organization);
      decision.append(known, membershipAggregate.decide({ type: 'remove', user }, known.state));
      return null;
    });
    return OK;
  },
});
