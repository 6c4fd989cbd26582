import { z } from 'zod';
import type { SourcePolicy } from './open-source.js';

const list = (separator: string) =>
  z
    .string()
    .default('')
    .transform((text) => text.split(separator).filter((part) => part !== ''));

/** Environment of whatever takes images: the api, which looks at them, and workers, which pull them. */
export const imageEnvironment = {
  /** Directories that `oci:` references may name, separated by colons. */
  BULKHEAD_IMAGE_LAYOUTS: list(':'),
  /** Registries (`host[:port]`) at addresses of inner networks, separated by commas. Others must be public. */
  BULKHEAD_PRIVATE_REGISTRIES: list(','),
  /** The same, spoken to without TLS. */
  BULKHEAD_INSECURE_REGISTRIES: list(','),
};

export const sourcePolicyOf = (settings: {
  readonly [Name in keyof typeof imageEnvironment]: readonly string[];
}): SourcePolicy => ({
  layoutRoots: settings.BULKHEAD_IMAGE_LAYOUTS,
  privateRegistries: settings.BULKHEAD_PRIVATE_REGISTRIES,
  insecureRegistries: settings.BULKHEAD_INSECURE_REGISTRIES,
});
