import { visibleOrganization, type Principal } from '@bulkhead/auth';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { OrganizationRow } from '../read-model/entities.js';
import { organizationAnswer, organizationAnswerOf } from './organization-answer.js';

/** Those that the caller may know of. */
export function visibleOrganizations(source: DataSource, principal: Principal): Promise<OrganizationRow[]> {
  const visible = visibleOrganization(principal);
  const own = visible === 'all' ? {} : { id: visible };
  return source
    .getRepository(OrganizationRow)
    .find({ where: { deleted: false, ...own }, order: { id: 'ASC' } });
}

export const listOrganizations = operation({
  name: 'organizations.list',
  summary: 'List the organizations that the token may see',
  method: 'GET',
  path: '/api/v1/organizations',
  access: { on: 'caller', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({ organizations: z.array(organizationAnswer) }),
  async handle({ api, caller }) {
    const rows = await visibleOrganizations(api.source, caller.principal);
    return { organizations: rows.map(organizationAnswerOf) };
  },
});
