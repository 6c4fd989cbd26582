import { registryCredential, registryCredentialContext } from '@bulkhead/contracts/commands/vault';
import { seal } from '@bulkhead/pki';
import { z } from 'zod';
import { sendToVault } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noQuery, OK, ok } from '../operations/shapes.js';
import { registryNamed, registryParams } from './registry-params.js';

export const setRegistry = operation({
  name: 'registries.set',
  summary: "Keep an organization's credential for a registry; nothing shows its password again",
  method: 'PUT',
  path: '/api/v1/organizations/:org_slug/registries/:registry',
  access: { on: 'organization', action: 'write', organization: ({ params }) => params.org_slug },
  params: registryParams,
  query: noQuery,
  body: registryCredential,
  result: ok,
  async handle(call) {
    const { organization } = call.target;
    const registry = registryNamed(call.input.params.registry);
    const content = Buffer.from(JSON.stringify(call.input.body));
    const context = registryCredentialContext(organization, registry);
    const sealed = seal(await call.api.registryVault.sealKey(), content, context);
    const input = { organization, registry, sealed: Buffer.from(sealed).toString('base64') };
    await sendToVault(call, 'set-registry-credential', input, z.null());
    return OK;
  },
});
