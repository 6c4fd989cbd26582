import type { MachineConfig, OrganizationId } from '@bulkhead/domain';
import { openLeaves, type Sealer } from '@bulkhead/journal';

/** An input with its sealed parts opened: sealing makes the same wish other bytes each time, and its digest must be the same. */
export const contentOf = (sealer: Sealer, organization: OrganizationId, input: unknown): Promise<unknown> =>
  openLeaves(sealer, organization, input);

/** An input with its configuration as it was wished: what the image stood for is found anew each time the wish is sent. */
export const wished = <Input extends { readonly config: MachineConfig }>({
  config,
  ...asked
}: Input): unknown => {
  const { resolved_image: _, ...wish } = config;
  return { ...asked, config: wish };
};
