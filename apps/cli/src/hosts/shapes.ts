import { z } from 'zod';

const resources = z.looseObject({ cpus: z.number(), memory_mb: z.number(), disk_mb: z.number() });

export const host = z.looseObject({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  status: z.string(),
  cordoned: z.boolean(),
  capacity: resources,
  used: resources,
  machine_count: z.number(),
});

export const hostPath = (id: string, ...rest: readonly string[]) =>
  ['/api/v1/hosts', encodeURIComponent(id), ...rest].join('/');
