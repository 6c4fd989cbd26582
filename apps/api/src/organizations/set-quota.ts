import { notFound } from '@bulkhead/auth';
import { done } from '@bulkhead/contracts/commands/scheduler';
import { quotaAggregate, type OrganizationId, type QuotaLimits } from '@bulkhead/domain';
import type { Decision } from '@bulkhead/journal';
import { z } from 'zod';
import { decideHere, sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noQuery, organizationParams } from '../operations/shapes.js';
import { quotaAnswer, quotaAnswerOf } from './quota-answer.js';

const limit = z.int().min(0).max(1_000_000_000).optional();
const body = z.strictObject({ apps: limit, machines: limit, cpus: limit, memory_mb: limit });

/** The limits that are not named stay. The api counts apps by them, and the scheduler, which is told all of them next, machines. */
async function change(
  decision: Decision,
  organization: OrganizationId,
  { memory_mb, ...named }: z.output<typeof body>,
): Promise<QuotaLimits> {
  const quota = await decision.load(quotaAggregate, organization);
  const { apps, machines, cpus, memoryMb } = quota.state.limits;
  const limits = {
    apps: named.apps ?? apps,
    machines: named.machines ?? machines,
    cpus: named.cpus ?? cpus,
    memoryMb: memory_mb ?? memoryMb,
  };
  const set = { type: 'set', organization, limits } as const;
  decision.append(quota, quotaAggregate.decide(set, quota.state), organization);
  return limits;
}

export const setQuota = operation({
  name: 'organizations.set-quota',
  summary: "Change an organization's limits; what is above them already stays",
  method: 'PATCH',
  path: '/api/v1/organizations/:org_slug/quota',
  access: { on: 'platform', action: 'control' },
  params: organizationParams,
  query: noQuery,
  body,
  result: quotaAnswer,
  async handle(call) {
    const { params, body: changes } = call.input;
    const target = await call.api.targets.organization(params.org_slug);
    if (!target) throw notFound('organization');
    const { organization } = target;
    const content = { set: 'quota', organization, ...changes };
    const limits = await decideHere(call, organization, content, (decision) =>
      change(decision, organization, changes),
    );
    await sendToScheduler(call, 'set-quota', { organization, limits }, done);
    return quotaAnswerOf(limits);
  },
});
