import { appName, TerminalError } from '@bulkhead/contracts';
import { leaseTtl } from '@bulkhead/contracts/commands/scheduler';
import {
  machineConfigRequest,
  storedMachineConfig,
  toStoredConfig,
  type OpenMachineConfig,
} from '@bulkhead/contracts/machine-config';
import type { MachineConfig, OrganizationId } from '@bulkhead/domain';
import { sealLeaves } from '@bulkhead/journal';
import { z } from 'zod';
import type { Api } from '../api.js';

/** What create and update have in common. */
export const launchFields = {
  config: machineConfigRequest,
  name: appName.optional(),
  region: z.string().max(32).optional(),
  /** Leave it stopped. */
  skip_launch: z.boolean().optional(),
  /** Begin cordoned: no traffic until it is uncordoned. */
  skip_service_registration: z.boolean().optional(),
  skip_secrets: z.boolean().optional(),
  min_secrets_version: z.int().min(0).nullable().optional(),
  lease_ttl: leaseTtl.optional(),
};

/** There are no secrets yet, so no version of them can be waited for. */
export function checkSecretsVersion(asked: number | null | undefined): void {
  if (asked === null || asked === undefined || asked === 0) return;
  throw new TerminalError('min_secrets_version_not_met', `the app's secrets are at version 0, not ${asked}`, {
    status: 412,
  });
}

/**
 * The stored form of a request: its image found, and what people put secrets into sealed before it leaves this process.
 * @throws TerminalError where no machine could ever run this image; RetryableError where its registry can't be asked now.
 */
export async function storedConfig(
  { images, sealer }: Pick<Api, 'images' | 'sealer'>,
  organization: OrganizationId,
  request: OpenMachineConfig,
): Promise<MachineConfig> {
  const resolved_image = await images.resolve(organization, request.image);
  const stored = { ...toStoredConfig(request), resolved_image };
  return storedMachineConfig.parse(await sealLeaves(sealer, organization, stored));
}
