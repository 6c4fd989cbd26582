import type { Credentials } from './registry/authorization.js';
import { openLayout } from './layout.js';
import type { ImageReference } from './reference.js';
import { RegistrySource } from './registry/registry.js';
import { PATIENT, type RetryOptions } from './registry/retry.js';
import type { ImageSource } from './source.js';
import { Transport, type TransportOptions } from './registry/transport.js';

/** What this process may take images from, and how patiently. */
export interface SourcePolicy extends TransportOptions {
  /** Directories that may hold OCI layouts; none means that `oci:` references are refused. */
  readonly layoutRoots: readonly string[];
  readonly retries?: RetryOptions;
}

/** Where a reference's content comes from. Throws `image_not_found`, `registry_forbidden`. */
export async function openSource(
  reference: ImageReference,
  policy: SourcePolicy,
  credentials?: Credentials,
): Promise<ImageSource> {
  switch (reference.kind) {
    case 'layout':
      return openLayout(reference, policy.layoutRoots);
    case 'registry':
      return new RegistrySource(
        reference,
        credentials,
        new Transport(reference.host, policy),
        policy.retries ?? PATIENT,
      );
  }
}
