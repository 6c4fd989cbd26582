import type { LivingMachine, MachineConfig } from '@bulkhead/domain';
import { storedMachineConfig } from '@bulkhead/contracts/machine-config';
import { openLeaves, type Sealer } from '@bulkhead/journal';
import { z } from 'zod';

const openedAddress = z.object({ $plain: z.ipv6() });

/** The address of a machine's placement in the clear, or null once its organization's data is erased. */
export async function openAddress(
  sealer: Sealer,
  { organization, placement }: Pick<LivingMachine, 'organization' | 'placement'>,
): Promise<string | null> {
  const opened = openedAddress.safeParse(await openLeaves(sealer, organization, placement?.address));
  return opened.success ? opened.data.$plain : null;
}

/** A configuration with its sealed parts opened, each `$plain` or `$erased`. */
export const openConfig = async (
  sealer: Sealer,
  { organization, config }: Pick<LivingMachine, 'organization' | 'config'>,
): Promise<MachineConfig> => storedMachineConfig.parse(await openLeaves(sealer, organization, config));
