import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from 'node:crypto';
import {
  createBusKeys,
  createRoot,
  generateSealKeyPair,
  IDENTITY_KINDS,
  permissionsDigest,
  signAccountAnew,
  signBusTrust,
  type BusKeys,
  type BusTrust,
  type IdentityKind,
  type RootMaterial,
  type SealKeyPair,
} from '@bulkhead/pki';
import { z } from 'zod';
import type { Keyring } from './keyring.js';

const ROOT_LIFETIME_MS = 20 * 365 * 24 * 3600_000;

const rootMaterial = z.strictObject({ certificate: z.string(), privateKey: z.string() });
const busKeys = z.strictObject({
  operator: z.string(),
  systemAccount: z.string(),
  account: z.string(),
  signing: z.record(z.enum(IDENTITY_KINDS), z.string()),
});
const signedAccount = z.strictObject({ id: z.string(), jwt: z.string() });
const busTrust = z.strictObject({
  operatorJwt: z.string(),
  systemAccount: signedAccount,
  account: signedAccount,
  digest: z.string(),
});
const secret = z.strictObject({ secret: z.base64() });
const sealPair = z.strictObject({ publicKey: z.base64(), privateKey: z.base64() });
const headKey = z.strictObject({ privateKey: z.string() });

/** The root of all certificates between Bulkhead's own processes. */
export const internalRoot = {
  get: (keyring: Keyring): Promise<RootMaterial> => keyring.get('internal-ca', rootMaterial),
  provide: (keyring: Keyring, now: Date): Promise<RootMaterial> =>
    keyring.provide('internal-ca', rootMaterial, () =>
      createRoot('Bulkhead internal CA', { now, lifetimeMs: ROOT_LIFETIME_MS }),
    ),
};

/** Operator, account and signing keys of the bus, and what they have signed. */
export const bus = {
  keys: (keyring: Keyring): Promise<BusKeys> => keyring.get('bus-keys', busKeys),
  trust: (keyring: Keyring): Promise<BusTrust> => keyring.get('bus-trust', busTrust),

  /** Makes what is missing. A release that changes permissions or knows a new kind has the account signed anew. */
  async provide(keyring: Keyring): Promise<BusTrust> {
    const kept = await keyring.provide('bus-keys', busKeysOfAnyKinds, createBusKeys);
    const keys = withEveryKind(kept);
    if (keys !== kept) await keyring.replace('bus-keys', keys);
    const trust = await keyring.provide('bus-trust', busTrust, () => signBusTrust(keys));
    if (trust.digest === permissionsDigest(keys)) return trust;
    await keyring.replace('bus-trust', await signAccountAnew(keys, trust));
    return bus.trust(keyring);
  },
};

/** Makes the secrets of join tokens from their ids, so that a repeated command gives out the same token. */
export const joinTokenKey = {
  provide: (keyring: Keyring): Promise<Buffer> => provideSecret(keyring, 'join-token-key'),
  secretOf: (key: Buffer, joinToken: string): string =>
    createHmac('sha256', key).update(joinToken).digest('base64url'),
};

/** To its public half anyone may seal what the vault alone is to open: registry credentials, later secrets. */
export const sealKey = {
  async provide(keyring: Keyring): Promise<SealKeyPair> {
    const { publicKey, privateKey } = await keyring.provide('seal-key', sealPair, () => {
      const fresh = generateSealKeyPair();
      return { publicKey: base64(fresh.publicKey), privateKey: base64(fresh.privateKey) };
    });
    return { publicKey: Buffer.from(publicKey, 'base64'), privateKey: Buffer.from(privateKey, 'base64') };
  },
};

/** Signs the tree heads of the audit log (Ed25519). */
export interface HeadSigner {
  /** Raw, 32 bytes. */
  readonly publicKey: Buffer;
  sign(text: string): Buffer;
}

export const headSigner = {
  async provide(keyring: Keyring): Promise<HeadSigner> {
    const { privateKey } = await keyring.provide('head-key', headKey, () => {
      const fresh = generateKeyPairSync('ed25519').privateKey;
      return { privateKey: fresh.export({ type: 'pkcs8', format: 'pem' }).toString() };
    });
    const key = createPrivateKey(privateKey);
    const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-32);
    return { publicKey, sign: (text) => sign(null, Buffer.from(text), key) };
  },
};

/** Kinds that a release before this one did not know are missing. */
const busKeysOfAnyKinds = busKeys.extend({ signing: z.partialRecord(z.enum(IDENTITY_KINDS), z.string()) });

function withEveryKind(kept: z.infer<typeof busKeysOfAnyKinds>): BusKeys {
  if (isComplete(kept)) return kept;
  return { ...kept, signing: { ...createBusKeys().signing, ...definedOnly(kept.signing) } };
}

const isComplete = (keys: z.infer<typeof busKeysOfAnyKinds>): keys is z.infer<typeof busKeys> =>
  IDENTITY_KINDS.every((kind) => keys.signing[kind] !== undefined);

const definedOnly = (signing: Partial<Record<IdentityKind, string>>): Partial<Record<IdentityKind, string>> =>
  Object.fromEntries(Object.entries(signing).filter(([, seed]) => seed !== undefined));

async function provideSecret(keyring: Keyring, id: string): Promise<Buffer> {
  const kept = await keyring.provide(id, secret, () => ({ secret: base64(randomBytes(32)) }));
  return Buffer.from(kept.secret, 'base64');
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
