import { z } from 'zod';

/** Answers of the Machines API as far as this program shows them; unknown fields are kept for `--json`. */
export const app = z.looseObject({
  id: z.string(),
  name: z.string(),
  status: z.string().optional(),
  machine_count: z.number().optional(),
  organization: z.looseObject({ slug: z.string() }).optional(),
});
export const appList = z.looseObject({ total_apps: z.number(), apps: z.array(app) });

export const machineEvent = z.looseObject({
  type: z.string(),
  status: z.string().optional(),
  source: z.string().optional(),
  timestamp: z.number(),
  request: z.unknown().optional(),
});

export const machine = z.looseObject({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  region: z.string().optional(),
  instance_id: z.string().optional(),
  private_ip: z.string().nullish(),
  image_ref: z
    .looseObject({
      repository: z.string().optional(),
      tag: z.string().nullish(),
      digest: z.string().nullish(),
    })
    .nullish(),
  config: z.looseObject({ image: z.string().optional() }).nullish(),
  checks: z
    .array(z.looseObject({ name: z.string(), status: z.string(), output: z.string().nullish() }))
    .nullish(),
  events: z.array(machineEvent).nullish(),
  host_status: z.string().nullish(),
  cordoned: z.boolean().nullish(),
  created_at: z.string().optional(),
  updated_at: z.string().optional(),
});
export type Machine = z.infer<typeof machine>;

export const execResult = z.looseObject({
  exit_code: z.number(),
  exit_signal: z.number().nullish(),
  stdout: z.string().nullish(),
  stderr: z.string().nullish(),
});

/** For answers nobody reads. */
export const anything = z.unknown();
