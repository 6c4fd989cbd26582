import { metadataResult } from '@bulkhead/contracts/commands/scheduler';
import { metadataKey, metadataValue } from '@bulkhead/contracts/machine-config';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import type { Call } from '../operations/operation.js';
import { machineParams } from '../operations/shapes.js';
import { onMachine } from './on-machine.js';

export const metadataAnswer = z.record(z.string(), z.string());
export const metadataKeyParams = machineParams.extend({ key: metadataKey });

/** Null and empty values remove a key. */
export const metadataChange = z
  .union([metadataValue, z.null()])
  .transform((value) => (value === '' ? null : value));
export const metadataBody = z.strictObject({
  metadata: z.record(metadataKey, metadataChange),
  machine_version: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'Refuse (412) unless this is the newest version' }),
  updated_at: z.string().max(64).optional(),
});

interface Changes {
  readonly changes: Readonly<Record<string, string | null>>;
  readonly replace: boolean;
  readonly machineVersion?: string | undefined;
}

/** All metadata as it is afterwards. */
export async function changeMetadata(
  call: Call<unknown, 'machine'>,
  { changes, replace, machineVersion }: Changes,
): Promise<Record<string, string>> {
  const condition = machineVersion ? { machineVersion } : {};
  const input = { ...onMachine(call), changes, replace, ...condition };
  return (await sendToScheduler(call, 'set-metadata', input, metadataResult)).metadata;
}
