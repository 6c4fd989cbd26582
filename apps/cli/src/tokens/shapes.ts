import { z } from 'zod';

export const token = z.looseObject({
  id: z.string(),
  name: z.string(),
  access: z.string(),
  created_at: z.string(),
  expires_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
});

export const tokensPath = (organization: string, ...rest: readonly string[]) =>
  ['/api/v1/organizations', encodeURIComponent(organization), 'tokens', ...rest.map(encodeURIComponent)].join(
    '/',
  );
