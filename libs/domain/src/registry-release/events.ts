import type { DomainEvent } from '../decider.js';
import type { MachineId, OrganizationId } from '../ids.js';

/** Who was given a registry credential, or was not. */
export type RegistryReleaseEvent =
  | DomainEvent<
      'RegistryCredentialReleased',
      {
        readonly organization: OrganizationId;
        readonly registry: string;
        /** `resolve`: the api looks an image up; `pull`: a host takes a machine's image. */
        readonly purpose: 'resolve' | 'pull';
        /** The service's name, or the host's. */
        readonly receiver: string;
        readonly machine: MachineId | null;
      }
    >
  | DomainEvent<
      'RegistryCredentialRefused',
      { readonly machine: MachineId; readonly receiver: string; readonly code: string }
    >;
