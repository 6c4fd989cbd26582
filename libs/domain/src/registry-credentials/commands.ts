import type { OrganizationId } from '../ids.js';

/** `registry` is the registry's `host[:port]`. */
export type RegistryCredentialsCommand =
  | { readonly type: 'set'; readonly organization: OrganizationId; readonly registry: string }
  | { readonly type: 'remove'; readonly organization: OrganizationId; readonly registry: string }
  /** All of them: the organization's data is being erased. */
  | { readonly type: 'clear'; readonly organization: OrganizationId };
