import { newId } from '@bulkhead/contracts';
import { listRegistryCredentialsResult } from '@bulkhead/contracts/commands/vault';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, organizationParams } from '../operations/shapes.js';

export const listRegistries = operation({
  name: 'registries.list',
  summary: 'List the registries that an organization has a credential for',
  method: 'GET',
  path: '/api/v1/organizations/:org_slug/registries',
  access: { on: 'organization', action: 'read', organization: ({ params }) => params.org_slug },
  params: organizationParams,
  query: noQuery,
  body: noBody,
  result: z.object({ registries: z.array(z.object({ registry: z.string(), set_at: z.string() })) }),
  async handle({ api, target: { organization } }) {
    const asked = { id: newId(), input: { organization } };
    const { result } = await api.bus.command(
      'vault',
      'list-registry-credentials',
      asked,
      listRegistryCredentialsResult,
    );
    return { registries: result.registries.map(({ registry, setAt: set_at }) => ({ registry, set_at })) };
  },
});
