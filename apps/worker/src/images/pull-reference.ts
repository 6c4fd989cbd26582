import type { MachineConfig } from '@bulkhead/domain';
import { pinReference } from '@bulkhead/images';

/** By what a machine's image is pulled: what its reference stood for when the machine was given it, wherever its tag is now. */
export const pullReference = ({ image, resolved_image }: MachineConfig): string =>
  resolved_image ? pinReference(image, resolved_image.digest) : image;
