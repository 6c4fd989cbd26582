import { vaultContracts } from '@bulkhead/contracts/events/vault';
import { DataKeySealer, Journal, PostgresJournalStore, type Database } from '@bulkhead/journal';
import { CertificateAuthority } from '@bulkhead/pki';
import { CredentialAuthority } from './authority/credential-authority.js';
import type { Lifetimes } from './authority/lifetimes.js';
import { ManagedDataKeys, StoredDataKeys } from './data-keys/data-keys.js';
import { IdentityRegistry } from './identities/registry.js';
import type { JoinTokens } from './join-tokens/create-join-token.js';
import { Keyring } from './keys/keyring.js';
import type { MasterKey } from './keys/master-key.js';
import { bus, headSigner, internalRoot, joinTokenKey, sealKey, type HeadSigner } from './keys/named-keys.js';
import { RegistryCredentials } from './registries/registry-credentials.js';
import { RootKeys } from './root-keys/root-keys.js';
import { RegistryReleases } from './registries/registry-releases.js';

export const SCHEMA = 'vault';

export interface VaultOptions {
  readonly database: Database;
  readonly master: MasterKey;
  readonly lifetimes: Lifetimes;
  readonly now?: () => Date;
  /** After each commit: wakes the relay. */
  readonly committed?: () => void;
}

/** Everything the vault is, opened: keys in memory, its journal, and who has enrolled. It needs no bus. */
export interface Vault {
  readonly journal: Journal;
  readonly keyring: Keyring;
  readonly authority: CredentialAuthority;
  readonly registry: IdentityRegistry;
  readonly dataKeys: ManagedDataKeys;
  readonly joinTokens: JoinTokens;
  readonly registryCredentials: RegistryCredentials;
  readonly registryReleases: RegistryReleases;
  readonly rootKeys: RootKeys;
  readonly heads: HeadSigner;
  /** To which anyone may seal for the vault, raw. */
  readonly sealPublicKey: Uint8Array;
  readonly now: () => Date;
}

/** @throws TerminalError `vault_not_initialized`, `master_key_wrong` or `vault_row_damaged`. */
export async function openVault(options: VaultOptions): Promise<Vault> {
  const { database, master, lifetimes, now = () => new Date() } = options;
  const keyring = new Keyring(database, master);
  const root = await internalRoot.get(keyring);
  const stored = new StoredDataKeys(database, master);
  const journal = new Journal({
    service: 'vault',
    store: new PostgresJournalStore(database, SCHEMA),
    contracts: vaultContracts,
    sealer: new DataKeySealer(stored),
    ...(options.committed ? { committed: options.committed } : {}),
  });
  const authority = await CertificateAuthority.open(root);
  const registry = new IdentityRegistry(database);
  const seals = await sealKey.provide(keyring);
  const registryCredentials = new RegistryCredentials({ sql: database, master, journal, sealKey: seals });
  return {
    journal,
    keyring,
    authority: new CredentialAuthority({
      authority,
      busKeys: await bus.keys(keyring),
      lifetimes,
      sql: database,
      now,
    }),
    registry,
    dataKeys: new ManagedDataKeys(stored, journal, now),
    joinTokens: { journal, ca: root.certificate, key: await joinTokenKey.provide(keyring) },
    heads: await headSigner.provide(keyring),
    rootKeys: new RootKeys({ sql: database, master, journal }),
    registryCredentials,
    registryReleases: new RegistryReleases({ registryCredentials, registry, journal, now }),
    sealPublicKey: seals.publicKey,
    now,
  };
}
