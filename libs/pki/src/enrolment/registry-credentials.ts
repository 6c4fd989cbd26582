import { organizationId } from '@bulkhead/contracts';
import { registryCredential } from '@bulkhead/contracts/commands/vault';
import { registryHost } from '@bulkhead/contracts/machine-config';
import { z } from 'zod';

/**
 * `POST /v1/registry-credential` (mutual TLS): an organization's credential for a registry, for the api to look images up. Straight
 * from the vault, so that the bus never sees one.
 */
export const registryCredentialRequest = z.strictObject({
  organization: organizationId,
  registry: registryHost,
});
export type RegistryCredentialRequest = z.infer<typeof registryCredentialRequest>;

export const registryCredentialResponse = z.strictObject({ credential: registryCredential.nullable() });
export type RegistryCredentialResponse = z.infer<typeof registryCredentialResponse>;

/** `GET /v1/seal-key`: the vault's own X25519 key, to which anyone may seal for it; base64. */
export const sealKeyResponse = z.strictObject({ publicKey: z.base64().length(44) });
export type SealKeyResponse = z.infer<typeof sealKeyResponse>;
