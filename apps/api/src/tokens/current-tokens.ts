import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { OrganizationRow } from '../read-model/entities.js';

export const currentTokens = operation({
  name: 'tokens.current',
  summary: 'Say what the token of this request is for',
  method: 'GET',
  path: '/v1/tokens/current',
  access: { on: 'caller', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({
    tokens: z.array(
      z.object({
        token_id: z.string(),
        scope: z.enum(['platform', 'organization']),
        access: z.enum(['full', 'read']),
        organization: z.string().optional(),
        org_slug: z.string().optional(),
      }),
    ),
  }),
  async handle({ api, caller: { principal } }) {
    if (principal.kind === 'platform')
      return { tokens: [{ token_id: principal.token, scope: 'platform' as const, access: 'full' as const }] };
    const { token, organization, access } = principal;
    const owner = await api.source.getRepository(OrganizationRow).findOneBy({ id: organization });
    const named = owner ? { org_slug: owner.slug } : {};
    return { tokens: [{ token_id: token, scope: 'organization' as const, access, organization, ...named }] };
  },
});
