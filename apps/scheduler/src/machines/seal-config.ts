import type { MachineConfig, OrganizationId } from '@bulkhead/domain';
import { storedMachineConfig } from '@bulkhead/contracts/machine-config';
import { openLeaves, sealLeaves, type Sealer } from '@bulkhead/journal';

/** A configuration with nothing plain left in it: results of commands are kept as they are. */
export const sealConfig = async (
  sealer: Sealer,
  organization: OrganizationId,
  config: MachineConfig,
): Promise<MachineConfig> => storedMachineConfig.parse(await sealLeaves(sealer, organization, config));

/** An input with its sealed parts opened: sealing makes the same wish other bytes each time, and its digest must be the same. */
export const contentOf = (sealer: Sealer, organization: OrganizationId, input: unknown): Promise<unknown> =>
  openLeaves(sealer, organization, input);
