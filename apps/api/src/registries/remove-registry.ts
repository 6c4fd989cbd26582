import { z } from 'zod';
import { sendToVault } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { registryNamed, registryParams } from './registry-params.js';

export const removeRegistry = operation({
  name: 'registries.remove',
  summary: "Forget an organization's credential for a registry",
  method: 'DELETE',
  path: '/api/v1/organizations/:org_slug/registries/:registry',
  access: { on: 'organization', action: 'delete', organization: ({ params }) => params.org_slug },
  params: registryParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    const registry = registryNamed(call.input.params.registry);
    const { organization } = call.target;
    await sendToVault(call, 'remove-registry-credential', { organization, registry }, z.null());
    return OK;
  },
});
