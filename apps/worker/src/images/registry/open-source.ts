import { openLayout } from './layout.js';
import type { ImageReference } from './reference.js';
import type { ImageSource } from './source.js';

/** Given by whoever asks for the image; kept for that request alone. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What this process may take images from. */
export interface SourcePolicy {
  /** Directories that may hold OCI layouts; none means that `oci:` references are refused. */
  readonly layoutRoots: readonly string[];
  /** Registries (`host[:port]`) spoken to over plain HTTP; those on loopback are anyway. */
  readonly insecureRegistries: readonly string[];
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
      void credentials;
      throw new Error('later');
  }
}
