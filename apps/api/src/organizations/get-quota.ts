import { quotaAggregate } from '@bulkhead/domain';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, organizationParams } from '../operations/shapes.js';
import { quotaAnswer, quotaAnswerOf } from './quota-answer.js';

export const getQuota = operation({
  name: 'organizations.get-quota',
  summary: "Show an organization's limits",
  method: 'GET',
  path: '/api/v1/organizations/:org_slug/quota',
  access: { on: 'organization', action: 'read', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query: noQuery,
  body: noBody,
  result: quotaAnswer,
  async handle({ api, target }) {
    const now = { time: api.clock.now() };
    return quotaAnswerOf((await api.journal.stateAt(quotaAggregate, target.organization, now)).state.limits);
  },
});
