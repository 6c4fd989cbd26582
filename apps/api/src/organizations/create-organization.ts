import { newOrganizationId, slug, type OrganizationScope } from '@bulkhead/contracts';
import { organizationAggregate, organizationSlugAggregate, type OrganizationId } from '@bulkhead/domain';
import type { Decision } from '@bulkhead/journal';
import { z } from 'zod';
import type { Api } from '../api.js';
import { decideHere } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noParams, noQuery } from '../operations/shapes.js';
import { nextNumber } from '../read-model/numbers.js';
import { organizationAnswer } from './organization-answer.js';
import { readOrganization } from './organization-reads.js';

interface Wanted {
  readonly organization: OrganizationId;
  readonly slug: string;
  readonly number: number;
  readonly kind: 'personal' | 'shared';
  readonly networkId: number;
}

/** Gives the slug away and makes the organization, together or not at all. */
export async function foundOrganization(
  decision: Decision,
  wanted: Wanted,
): Promise<{ organization: OrganizationId }> {
  const [taken, organization] = await Promise.all([
    decision.load(organizationSlugAggregate, wanted.slug),
    decision.load(organizationAggregate, wanted.organization),
  ]);
  const take = { type: 'take', slug: wanted.slug, organization: wanted.organization } as const;
  decision.append(taken, organizationSlugAggregate.decide(take, taken.state), wanted.organization);
  const create = { type: 'create', ...wanted } as const;
  decision.append(
    organization,
    organizationAggregate.decide(create, organization.state),
    wanted.organization,
  );
  return { organization: wanted.organization };
}

/** Ids and numbers of a new organization; those that no decision uses are never given again. */
export const newOrganization = async (
  { database }: Pick<Api, 'database'>,
  name: string,
  kind: 'personal' | 'shared',
): Promise<Wanted> => ({
  organization: newOrganizationId(),
  slug: name,
  kind,
  number: await nextNumber(database, 'organization_number'),
  networkId: await nextNumber(database, 'network_number'),
});

export const createOrganization = operation({
  name: 'organizations.create',
  summary: 'Create an organization',
  method: 'POST',
  path: '/api/v1/organizations',
  access: { on: 'platform', action: 'create' },
  params: noParams,
  query: noQuery,
  body: z.strictObject({ name: slug.meta({ description: 'Its slug: a DNS label' }) }),
  result: organizationAnswer,
  status: 201,
  async handle(call) {
    const { name } = call.input.body;
    const wanted = await newOrganization(call.api, name, 'shared');
    const scope: OrganizationScope = 'platform';
    const { organization } = await decideHere(call, scope, { create: 'organization', name }, (decision) =>
      foundOrganization(decision, wanted),
    );
    return readOrganization(call.api.source, organization);
  },
});
