import { createHash } from 'node:crypto';
import { encodeAccount, encodeOperator, encodeUser, type Account, type SigningKey } from '@nats-io/jwt';
import { createAccount, createOperator, fromPublic, type KeyPair } from '@nats-io/nkeys';
import { IDENTITY_KINDS, callerOf, type Identity, type IdentityKind } from '../identity/identity.js';
import { BusKey } from './bus-key.js';
import { permissionsOf } from './permissions.js';

/** Seeds (nkeys text) of everything that signs on the bus. They never leave the vault. */
export interface BusKeys {
  readonly operator: string;
  readonly systemAccount: string;
  readonly account: string;
  /** One scoped signing key per kind: whoever it signs for gets that kind's permissions and no others. */
  readonly signing: Readonly<Record<IdentityKind, string>>;
}

/** The public half, as a server's configuration holds it. */
export interface BusTrust {
  readonly operatorJwt: string;
  readonly systemAccount: SignedAccount;
  readonly account: SignedAccount;
  /** Changes when the permissions do, so that a release knows to sign anew. */
  readonly digest: string;
}

export interface SignedAccount {
  readonly id: string;
  readonly jwt: string;
}

const UNLIMITED = -1;
const ALL_DENIED = { pub: { deny: ['>'] }, sub: { deny: ['>'] } };
const NO_USER_LIMITS = { subs: UNLIMITED, data: UNLIMITED, payload: UNLIMITED };

export function createBusKeys(): BusKeys {
  const signing = Object.fromEntries(IDENTITY_KINDS.map((kind) => [kind, seedOf(createAccount())]));
  return {
    operator: seedOf(createOperator()),
    systemAccount: seedOf(createAccount()),
    account: seedOf(createAccount()),
    signing: signing as Record<IdentityKind, string>,
  };
}

/** Signs operator and accounts, once for a platform. */
export async function signBusTrust(keys: BusKeys): Promise<BusTrust> {
  const operator = keyPair(keys.operator);
  const system = fromPublic(keyPair(keys.systemAccount).getPublicKey());
  const id = system.getPublicKey();
  const first = {
    operatorJwt: await encodeOperator('bulkhead', operator, { system_account: id }),
    systemAccount: { id, jwt: await encodeAccount('SYS', system, systemClaims, { signer: operator }) },
  };
  return signAccountAnew(keys, first);
}

/**
 * Signs the account with the permissions that each kind has now. The operator's JWT stays as it is, to the byte: nats-server
 * refuses to reload a configuration with another one.
 */
export async function signAccountAnew(
  keys: BusKeys,
  { operatorJwt, systemAccount }: Pick<BusTrust, 'operatorJwt' | 'systemAccount'>,
): Promise<BusTrust> {
  const account = fromPublic(keyPair(keys.account).getPublicKey());
  const signer = keyPair(keys.operator);
  const jwt = await encodeAccount('BULKHEAD', account, accountClaims(keys), { signer });
  const digest = permissionsDigest(keys);
  return { operatorJwt, systemAccount, account: { id: account.getPublicKey(), jwt }, digest };
}

/** What an account's JWT says, as a digest: equal digests mean that signing again would change nothing. */
export const permissionsDigest = (keys: BusKeys): string =>
  createHash('sha256')
    .update(JSON.stringify(accountClaims(keys)))
    .digest('hex');

/**
 * The bus credential of one identity: its permissions are its kind's, its name is its caller token.
 * @param userPublicKey the identity's own nkey, public; its seed stays with the identity.
 */
export function signUserJwt(
  keys: BusKeys,
  identity: Identity<IdentityKind>,
  userPublicKey: string,
  expiresAt: Date,
): Promise<string> {
  const account = fromPublic(keyPair(keys.account).getPublicKey());
  const signer = keyPair(keys.signing[identity.kind]);
  const exp = Math.floor(expiresAt.getTime() / 1000);
  return encodeUser(
    callerOf(identity),
    fromPublic(userPublicKey),
    account,
    {},
    { signer, scopedUser: true, exp },
  );
}

/** Whether a text is the public nkey of a user. */
export function isUserPublicKey(text: string): boolean {
  try {
    return text.startsWith('U') && fromPublic(text).getPublicKey() === text;
  } catch {
    return false;
  }
}

const accountClaims = (keys: BusKeys): Partial<Account> => ({
  limits: {
    ...NO_USER_LIMITS,
    imports: UNLIMITED,
    exports: UNLIMITED,
    wildcards: true,
    conn: UNLIMITED,
    leaf: 0,
    disallow_bearer: true,
    mem_storage: UNLIMITED,
    disk_storage: UNLIMITED,
    streams: UNLIMITED,
    consumer: UNLIMITED,
  },
  default_permissions: ALL_DENIED,
  signing_keys: IDENTITY_KINDS.map((kind) => scope(kind, keyPair(keys.signing[kind]))),
});

const systemClaims: Partial<Account> = {
  limits: {
    ...NO_USER_LIMITS,
    imports: UNLIMITED,
    exports: UNLIMITED,
    wildcards: true,
    conn: UNLIMITED,
    leaf: 0,
  },
};

/**
 * Spelled out, since the library's own `newScopedSigner` adds `resp: {max: 0}`, which nats-server reads as the right to
 * answer on any reply subject: a forged one would send a command.
 */
function scope(kind: IdentityKind, key: KeyPair): SigningKey {
  const { publish, subscribe } = permissionsOf(kind);
  return {
    kind: 'user_scope',
    key: key.getPublicKey(),
    role: kind,
    template: {
      ...NO_USER_LIMITS,
      pub: { allow: [...publish], deny: [] },
      sub: { allow: [...subscribe], deny: [] },
      bearer_token: false,
      allowed_connection_types: ['STANDARD'],
    },
  };
}

const keyPair = (seed: string): KeyPair => BusKey.fromSeed(seed);
const seedOf = (pair: KeyPair): string => new TextDecoder().decode(pair.getSeed());
