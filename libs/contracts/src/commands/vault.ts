import { z } from 'zod';
import { generation } from '../feeds.js';
import { shortNumber } from '../events/short-number.js';
import { hostId, machineId, organizationId, timestamp } from '../ids.js';
import { registryHost } from '../machine-config.js';

/** Inputs and results of the commands that the vault takes: `bh.cmd.vault.<name>.<caller>`. Data keys are not among them. */

const DAY_SECONDS = 24 * 3600;
const kind = z.enum(['api', 'scheduler', 'vault', 'audit', 'worker', 'edge', 'gateway', 'operator']);
const name = z.string().min(1).max(64);
const reason = z.string().min(1).max(500);
/** 32 raw bytes in base64. */
const key32 = z.base64().length(44);

/** `create-join-token`: a one-time right to enrol as a new host, or as a copy of a service. The same command id gives the same. */
export const createJoinTokenRequest = z.strictObject({
  kind,
  /** Of a service's copy; a host's is its new id. */
  name: name.exactOptional(),
  lifetimeSeconds: z
    .int()
    .min(1)
    .max(30 * DAY_SECONDS)
    .default(DAY_SECONDS),
});
export const createJoinTokenResult = z.object({
  joinToken: z.string(),
  kind,
  name,
  expiresAt: timestamp,
  /** What the joining process is given. It is shown to whoever asked and kept nowhere. */
  token: z.string(),
});
export type CreateJoinTokenResult = z.infer<typeof createJoinTokenResult>;

/** `revoke-join-token`: it enrols nobody from now on. */
export const revokeJoinTokenRequest = z.strictObject({ joinToken: z.string().min(1).max(64) });

/** `remove-identity`: nothing is issued to it again, nor is its name given to another. */
export const removeIdentityRequest = z.strictObject({ kind, name, reason });

/** `host-key`: to what the scheduler seals what is for one host alone; refused for a host that was removed. */
export const hostKeyRequest = z.strictObject({ kind: z.enum(['worker', 'edge', 'gateway']), host: hostId });
export const hostKeyResult = z.object({ sealKey: key32 });

/** `destroy-data-key`: erases what was sealed for an organization, for ever. */
export const destroyDataKeyRequest = z.strictObject({ organization: organizationId, reason });

/** What a registry wants to be told. It travels in sealed boxes alone, as JSON. */
export const registryCredential = z.strictObject({
  username: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[^:\p{Cc}]+$/u, 'must have neither colons nor control characters'),
  password: z
    .string()
    .min(1)
    .max(8192)
    .regex(/^\P{Cc}+$/u, 'must have no control characters'),
});
export type RegistryCredential = z.infer<typeof registryCredential>;
const registryBox = z.base64().max(16_384);
const ofRegistry = { organization: organizationId, registry: registryHost };

/** With what a registry credential is sealed to the vault: a box of another organization or registry does not open. */
export const registryCredentialContext = (organization: string, registry: string): string =>
  `registry-credential ${organization} ${registry}`;
/** With what it is sealed to the host that is given it. */
export const registryReleaseContext = (host: string, machine: string, registry: string): string =>
  `registry-release ${host} ${machine} ${registry}`;

/** `set-registry-credential`: kept for the organization, in place of the one before. */
export const setRegistryCredentialRequest = z.strictObject({ ...ofRegistry, sealed: registryBox });
export const removeRegistryCredentialRequest = z.strictObject(ofRegistry);
/** `list-registry-credentials`: for which registries there is one. */
export const listRegistryCredentialsRequest = z.strictObject({ organization: organizationId });
export const listRegistryCredentialsResult = z.object({
  registries: z.array(z.object({ registry: registryHost, setAt: timestamp })),
});

/**
 * `pull-registry-credential`: for a machine that is placed on the host that asks, sealed to that host's key; null where its image
 * needs none, or the organization has it no longer.
 */
export const pullRegistryCredentialRequest = z.strictObject({ machine: machineId, generation });
export const pullRegistryCredentialResult = z.object({
  credential: z.object({ registry: registryHost, sealed: registryBox }).nullable(),
});

/**
 * `mint-token`: signs a token for one organization. The first caveat, the organization by its number, is the vault's; the others are
 * a set of caveats as tokens hold them, base64. The same command id gets the same token; it is kept nowhere.
 */
export const mintTokenRequest = z.strictObject({
  organization: organizationId,
  number: shortNumber,
  caveats: z.base64().max(8192),
});
export const mintTokenResult = z.object({ token: z.string(), uuid: z.uuid() });

const tokenBytes = z.base64().max(22_000);
/**
 * `verify-token`: whether a token's signatures hold, and which of the discharges it needed, by position. What its caveats say is not
 * looked at.
 */
export const verifyTokenRequest = z.strictObject({
  token: tokenBytes,
  discharges: z.array(tokenBytes).max(16),
});
export const verifyTokenResult = z.object({
  organization: organizationId,
  uuid: z.uuid(),
  discharges: z.array(z.int().nonnegative()),
});

/** `seal-key`: the vault's own X25519 key, to which registry credentials are sealed. */
export const sealKeyRequest = z.strictObject({});
export const sealKeyResult = z.object({ publicKey: key32 });

/** `head-key`: the Ed25519 key that signs the audit log's heads. */
export const headKeyRequest = z.strictObject({});
export const headKeyResult = z.object({ publicKey: key32 });

/** `sign-head`: the signature over a checkpoint of the audit log (C2SP tlog-checkpoint); the vault writes the text it signs. */
export const signHeadRequest = z.strictObject({
  origin: z.string().regex(/^[\x21-\x2a\x2c-\x7e]{1,128}$/, 'printable ASCII without spaces and plus signs'),
  size: z.int().nonnegative(),
  /** SHA-256, base64. */
  root: key32,
});
export const signHeadResult = z.object({ publicKey: key32, signature: z.base64().length(88) });
