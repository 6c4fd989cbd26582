import { z } from 'zod';

export const organization = z.looseObject({ id: z.string(), slug: z.string(), kind: z.string() });

export const quota = z.looseObject({
  apps: z.number(),
  machines: z.number(),
  cpus: z.number(),
  memory_mb: z.number(),
});

export const organizationPath = (slug: string, ...rest: readonly string[]) =>
  ['/api/v1/organizations', encodeURIComponent(slug), ...rest].join('/');
