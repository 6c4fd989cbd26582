import { z } from 'zod';
import type { EventContracts } from '../event-contract.js';
import { machineId, organizationId, timestamp } from '../ids.js';
import { registryHost } from '../machine-config.js';
import { shortNumber } from './short-number.js';

const kind = z.string().max(32);
const name = z.string().max(64);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const joinToken = z.string().max(64);
/** An organization's id, or `platform`. */
const scope = z.string().max(64);
const uuid = z.uuid();
const keyId = z.string().max(64);
const ofRegistry = { organization: organizationId, registry: registryHost };

/** What the vault's journal holds. */
export const vaultContracts = {
  IdentityEnrolled: {
    v: 1,
    schema: z.strictObject({ kind, name, joinToken, sealKey: z.string().max(64).nullable() }),
  },
  IdentityRemoved: { v: 1, schema: z.strictObject({ kind, name, reason: z.string().max(500) }) },
  JoinTokenCreated: {
    v: 1,
    schema: z.strictObject({ joinToken, kind, name, sha256, expiresAt: timestamp }),
  },
  JoinTokenUsed: { v: 1, schema: z.strictObject({ joinToken, key: sha256 }) },
  JoinTokenRevoked: { v: 1, schema: z.strictObject({ joinToken }) },
  DataKeyCreated: { v: 1, schema: z.strictObject({ scope }) },
  DataKeyDestroyed: { v: 1, schema: z.strictObject({ scope, reason: z.string().max(500) }) },
  RootKeyCreated: {
    v: 1,
    schema: z.strictObject({ organization: organizationId, number: shortNumber, key: keyId }),
  },
  RootKeyDestroyed: {
    v: 1,
    schema: z.strictObject({ organization: organizationId, reason: z.string().max(500) }),
  },
  TokenMinted: { v: 1, schema: z.strictObject({ organization: organizationId, key: keyId, uuid }) },
  RegistryCredentialSet: { v: 1, schema: z.strictObject(ofRegistry) },
  RegistryCredentialRemoved: { v: 1, schema: z.strictObject(ofRegistry) },
  RegistryCredentialReleased: {
    v: 1,
    schema: z.strictObject({
      ...ofRegistry,
      purpose: z.enum(['resolve', 'pull']),
      receiver: name,
      machine: machineId.nullable(),
    }),
  },
  RegistryCredentialRefused: {
    v: 1,
    schema: z.strictObject({ machine: machineId, receiver: name, code: z.string().max(64) }),
  },
} satisfies EventContracts;
