import { z } from 'zod';
import { rootField } from '../graphql/root-field.js';
import { regionsOf, type RegionAnswer } from './list-regions.js';

export const platformQueries = {
  viewer: rootField({
    name: 'tokens.viewer',
    access: { on: 'caller', action: 'read' },
    args: z.object({}),
    resolve: async ({ caller }) => ({
      __typename: 'Macaroon',
      email: `${caller.principal.token}@tokens.invalid`,
    }),
  }),
  platform: rootField({
    name: 'platform.regions',
    access: { on: 'caller', action: 'read' },
    args: z.object({}),
    async resolve({ api }) {
      const regions = await regionsOf(api.source);
      return { regions, requestRegion: regions[0]?.code ?? null };
    },
  }),
};

/** Fields of the type; what is not here is a field of the answer. */
export const regionType = {
  gatewayAvailable: ({ gateway_available }: RegionAnswer) => gateway_available,
  requiresPaidPlan: ({ requires_paid_plan }: RegionAnswer) => requires_paid_plan,
};
