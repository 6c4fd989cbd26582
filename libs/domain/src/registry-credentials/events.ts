import type { DomainEvent } from '../decider.js';
import type { OrganizationId } from '../ids.js';

interface OfRegistry {
  readonly organization: OrganizationId;
  readonly registry: string;
}

/** For which registries an organization has a credential; the credentials themselves are in no event. */
export type RegistryCredentialsEvent =
  DomainEvent<'RegistryCredentialSet', OfRegistry> | DomainEvent<'RegistryCredentialRemoved', OfRegistry>;
