import { appName, TerminalError } from '@bulkhead/contracts';
import { leaseTtl } from '@bulkhead/contracts/commands/scheduler';
import {
  machineConfigRequest,
  storedMachineConfig,
  toStoredConfig,
  type OpenMachineConfig,
} from '@bulkhead/contracts/machine-config';
import type { MachineConfig, OrganizationId } from '@bulkhead/domain';
import { sealLeaves, type Sealer } from '@bulkhead/journal';
import { z } from 'zod';

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

/** Seals what people put secrets into before it leaves this process. */
export async function sealConfig(
  sealer: Sealer,
  organization: OrganizationId,
  request: OpenMachineConfig,
): Promise<MachineConfig> {
  return storedMachineConfig.parse(await sealLeaves(sealer, organization, toStoredConfig(request)));
}
