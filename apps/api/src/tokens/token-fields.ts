import { tokenId } from '@bulkhead/contracts';
import { z } from 'zod';
import type { Api } from '../api.js';
import { given } from '../graphql/pages.js';
import { factsOfField, rootField } from '../graphql/root-field.js';
import { perform } from '../operations/perform.js';
import { TokenRow } from '../read-model/entities.js';
import { revokeToken } from './revoke-token.js';

export const tokenMutations = {
  deleteLimitedAccessToken: rootField({
    name: 'tokens.revoke',
    access: {
      on: 'organization',
      action: 'delete',
      organization: ({ input }, api) => ownerOf(api, input.id),
    },
    args: z.object({ input: z.object({ id: z.string(), clientMutationId: given(z.string()) }) }),
    async resolve({ input: { input }, target }, { api, facts }) {
      const params = { org_slug: target.organizationSlug, token: input.id };
      await perform(api, revokeToken, {
        ...factsOfField(facts, 'deleteLimitedAccessToken'),
        params,
        query: {},
        body: undefined,
      });
      return { clientMutationId: input.clientMutationId, token: input.id };
    },
  }),
};

/** The organization of a token; the operator's own belong to none and are not revoked here. */
async function ownerOf({ source }: Api, id: string): Promise<string | null> {
  const parsed = tokenId.safeParse(id);
  if (!parsed.success) return null;
  return (await source.getRepository(TokenRow).findOneBy({ id: parsed.data }))?.organization ?? null;
}

/** Fields of the type; what is not here is a column of the row. */
export const tokenType = {
  access: ({ access }: TokenRow) => access ?? 'full',
  user: () => null,
};
