import { visibleOrganization } from '@bulkhead/auth';
import { z } from 'zod';
import type { GraphqlContext } from '../graphql/context.js';
import { connectionOf, given, pageArgs } from '../graphql/pages.js';
import { factsOfField, rootField } from '../graphql/root-field.js';
import { machinesPage } from '../machines/machine-page.js';
import { perform } from '../operations/perform.js';
import type { AppRow } from '../read-model/entities.js';
import { appAnswer } from './app-answer.js';
import { appsPage } from './app-reads.js';
import { createApp } from './create-app.js';
import { deleteApp } from './delete-app.js';
import { narrowed } from '../organizations/narrowed.js';

export const appQueries = {
  apps: rootField({
    name: 'apps.list-visible',
    access: { on: 'caller', action: 'read' },
    args: z.object({
      type: z.string().nullish(),
      role: z.string().nullish(),
      organizationId: given(z.string()),
      ...pageArgs,
    }),
    async resolve({ api, caller, input: { organizationId, ...page } }) {
      const organization = await narrowed(api, visibleOrganization(caller.principal), organizationId);
      return connectionOf(await appsPage(api.source, organization, page));
    },
  }),
  app: rootField({
    name: 'apps.get',
    access: { on: 'app', action: 'read', app: ({ name }) => name },
    args: z.object({ name: z.string() }),
    resolve: ({ target }, { loaders }) => loaders.apps.load(target.app),
  }),
};

const createInput = z.object({
  clientMutationId: given(z.string()),
  organizationId: z.string(),
  name: given(z.string()),
  network: given(z.string()),
});

export const appMutations = {
  createApp: rootField({
    name: 'apps.create',
    access: { on: 'organization', action: 'create', organization: ({ input }) => input.organizationId },
    args: z.object({ input: createInput }),
    async resolve({ input: { input } }, { api, facts, loaders }) {
      const { organizationId: org_slug, name, network } = input;
      const request = {
        ...factsOfField(facts, 'createApp'),
        params: {},
        query: {},
        body: { org_slug, name, network },
      };
      const made = appAnswer.parse((await perform(api, createApp, request)).body);
      const target = await api.targets.app(made.name);
      return {
        clientMutationId: input.clientMutationId,
        app: target && (await loaders.apps.load(target.app)),
      };
    },
  }),
  deleteApp: rootField({
    name: 'apps.delete',
    access: { on: 'app', action: 'delete', app: ({ appId }) => appId },
    args: z.object({ appId: z.string() }),
    async resolve({ input, target }, { api, facts, loaders }) {
      const params = { app_name: input.appId };
      await perform(api, deleteApp, {
        ...factsOfField(facts, 'deleteApp'),
        params,
        query: {},
        body: undefined,
      });
      return { organization: await loaders.organizations.load(target.organization) };
    },
  }),
};

const machinesArgs = z.object({ state: given(z.string().max(32)), ...pageArgs });
const isDeployed = async ({ id }: AppRow, { loaders }: GraphqlContext) =>
  (await loaders.machineCounts.load(id)) > 0;
const hostname = ({ name }: AppRow, { api }: GraphqlContext) => `${name}.${api.settings.appsDomain}`;

/** Fields of the type; what is not here is a column of the row. */
export const appType = {
  id: ({ name }: AppRow) => name,
  internalNumericId: ({ number }: AppRow) => number,
  hostname: (app: AppRow, _args: unknown, context: GraphqlContext) => hostname(app, context),
  appUrl: (app: AppRow, _args: unknown, context: GraphqlContext) => `https://${hostname(app, context)}`,
  deployed: (app: AppRow, _args: unknown, context: GraphqlContext) => isDeployed(app, context),
  status: async (app: AppRow, _args: unknown, context: GraphqlContext) =>
    (await isDeployed(app, context)) ? 'deployed' : 'pending',
  platformVersion: () => 'machines',
  organization: ({ organization }: AppRow, _args: unknown, { loaders }: GraphqlContext) =>
    loaders.organizations.load(organization),
  machines: async ({ id, organization }: AppRow, args: unknown, { api }: GraphqlContext) => {
    const { state, ...page } = machinesArgs.parse(args);
    return connectionOf(await machinesPage(api.source, { organization, app: id, state, ...page }));
  },
};
