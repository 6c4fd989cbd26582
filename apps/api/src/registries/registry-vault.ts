import type { OrganizationId } from '@bulkhead/domain';
import type { Credentials } from '@bulkhead/images';
import { VaultClient, type ClientCertificate } from '@bulkhead/pki';

/** What of the vault is asked directly, over mutual TLS: the bus sees neither a password nor the key that passwords are sealed to. */
export interface RegistryVault {
  /** X25519, raw: what is sealed to it, the vault alone opens. */
  sealKey(): Promise<Uint8Array>;
  /** An organization's own credential for a registry, if it has one there; each time it is given out is an event. */
  credential(organization: OrganizationId, registry: string): Promise<Credentials | undefined>;
}

export function registryVault(url: string, identity: ClientCertificate): RegistryVault {
  const vault = new VaultClient(url);
  return {
    sealKey: () => vault.sealKey(identity),
    credential: (organization, registry) => vault.registryCredential(organization, registry, identity),
  };
}
