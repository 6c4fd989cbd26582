import { visibleOrganization } from '@bulkhead/auth';
import { MoreThan } from 'typeorm';
import { z } from 'zod';
import { connectionOf, given, pageArgs } from '../graphql/pages.js';
import type { GraphqlContext } from '../graphql/context.js';
import { factsOfField, rootField } from '../graphql/root-field.js';
import { appsPage } from '../apps/app-reads.js';
import { perform } from '../operations/perform.js';
import { OrganizationRow } from '../read-model/entities.js';
import { decodeCursor, pageOf } from '../read-model/page.js';
import { tokensPage } from '../tokens/token-reads.js';
import { createOrganization } from './create-organization.js';
import { organizationAnswer } from './organization-answer.js';

const idKey = z.tuple([z.string()]);

export const organizationQueries = {
  organizations: rootField({
    name: 'organizations.list',
    access: { on: 'caller', action: 'read' },
    args: z.object({ admin: z.boolean().nullish(), ...pageArgs }),
    async resolve({ api, caller, input: { first, after } }) {
      const visible = visibleOrganization(caller.principal);
      const found = api.source
        .getRepository(OrganizationRow)
        .createQueryBuilder('organization')
        .where({ deleted: false, ...(visible === 'all' ? {} : { id: visible }) })
        .orderBy('organization.id')
        .take(first + 1);
      if (after) found.andWhere({ id: MoreThan(decodeCursor(idKey, after)[0]) });
      return connectionOf(pageOf(await found.getMany(), first, ({ id }) => [id]));
    },
  }),
  organization: rootField({
    name: 'organizations.get',
    access: { on: 'organization', action: 'read', organization: ({ slug, id }) => slug ?? id ?? null },
    args: z.object({ slug: given(z.string()), id: given(z.string()) }),
    resolve: ({ target }, { loaders }) => loaders.organizations.load(target.organization),
  }),
};

export const organizationMutations = {
  createOrganization: rootField({
    name: 'organizations.create',
    access: { on: 'platform', action: 'create' },
    args: z.object({ input: z.object({ name: z.string(), clientMutationId: given(z.string()) }) }),
    async resolve({ input: { input } }, { api, facts, loaders }) {
      const request = {
        ...factsOfField(facts, 'createOrganization'),
        params: {},
        query: {},
        body: { name: input.name },
      };
      const { body } = await perform(api, createOrganization, request);
      const { slug } = organizationAnswer.parse(body);
      const made = await api.targets.organization(slug);
      return {
        clientMutationId: input.clientMutationId,
        organization: made && (await loaders.organizations.load(made.organization)),
      };
    },
  }),
};

/** Fields of the type; what is not here is a column of the row. */
export const organizationType = {
  internalNumericId: ({ number }: OrganizationRow) => String(number),
  rawSlug: ({ slug }: OrganizationRow) => slug,
  name: ({ slug }: OrganizationRow) => slug,
  type: ({ kind }: OrganizationRow) => kind.toUpperCase(),
  paidPlan: () => true,
  billable: () => true,
  viewerRole: (_: OrganizationRow, _args: unknown, { caller: { principal } }: GraphqlContext) =>
    principal.kind === 'organization' && principal.access === 'read' ? 'member' : 'admin',
  apps: async ({ id }: OrganizationRow, args: unknown, { api }: GraphqlContext) =>
    connectionOf(await appsPage(api.source, id, page.parse(args))),
  limitedAccessTokens: async ({ id }: OrganizationRow, args: unknown, { api }: GraphqlContext) =>
    connectionOf(await tokensPage(api.source, id, page.parse(args))),
};

const page = z.object(pageArgs);
