import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashToken, newToken } from '@bulkhead/auth';
import { TerminalError } from '@bulkhead/contracts';
import type { Database } from '@bulkhead/journal';
import { CertificateAuthority, readIfThere, type IdentityKind } from '@bulkhead/pki';
import { DEFAULT_LIFETIMES } from '../authority/lifetimes.js';
import { StoredDataKeys } from '../data-keys/data-keys.js';
import { Keyring } from '../keys/keyring.js';
import { createMasterKeyFile, readMasterKeyFile, type MasterKey } from '../keys/master-key.js';
import { bus, headSigner, internalRoot, joinTokenKey, sealKey } from '../keys/named-keys.js';
import { openVault, type Vault } from '../vault.js';
import { provideBusServer, type BusServerPlan } from './bus-server.js';
import { provideFirstJoinToken } from './first-join-tokens.js';
import { provideFile } from './provide-file.js';
import { provideServerCertificate } from './server-certificate.js';

export interface InitPlan {
  /** The vault's schema, migrated. */
  readonly database: Database;
  readonly masterKeyFile: string;
  /** Where everything goes that others begin with. */
  readonly directory: string;
  readonly bus: BusServerPlan;
  /** Host names and addresses of Postgres where it listens on TCP; none where it has a local socket alone. */
  readonly postgresNames: { readonly dns: readonly string[]; readonly ips: readonly string[] };
  /** Who gets a first join token. */
  readonly joining: readonly IdentityKind[];
  readonly now: () => Date;
}

/**
 * Makes what a platform begins with. Every step finds what it made before: a second run changes nothing, one after a run that
 * broke off goes on from there.
 * @returns what was made or made anew, one sentence each.
 */
export async function initialize(plan: InitPlan): Promise<string[]> {
  const made: string[] = [];
  const say = (what: string, done: boolean) => void (done && made.push(what));

  const master = await provideMasterKey(plan, say);
  const vault = await provideKeys(plan, master);
  const authority = await CertificateAuthority.open(await internalRoot.get(vault.keyring));
  const trust = await bus.trust(vault.keyring);
  say(
    'the internal CA’s certificate',
    await provideFile(join(plan.directory, 'ca.pem'), authority.certificate, 0o644),
  );
  say('nats-server’s configuration', await provideBusServer(plan.bus, trust, authority, plan.now()));
  say('Postgres’ certificate', await providePostgresCertificate(plan, authority));
  for (const kind of plan.joining)
    say(`the ${kind}’s join token`, await provideFirstJoinToken(vault, plan.directory, kind));
  say('the first admin token', await provideAdminToken(plan.directory));
  return made;
}

/** A vault that holds keys already must never get a new master key: nothing in it would open again. */
async function provideMasterKey(
  { database, masterKeyFile }: InitPlan,
  say: (what: string, done: boolean) => void,
): Promise<MasterKey> {
  const [kept] = await database.query('select from key limit 1');
  const exists = (await readIfThere(masterKeyFile)) !== undefined;
  if (kept && !exists)
    throw new TerminalError(
      'master_key_missing',
      `The vault holds keys, but its master key is not at ${masterKeyFile}. Restore it from its backup; a new one would open nothing.`,
    );
  await mkdir(dirname(masterKeyFile), { recursive: true, mode: 0o700 });
  say('the master key: keep a copy elsewhere', await createMasterKeyFile(masterKeyFile));
  return readMasterKeyFile(masterKeyFile);
}

/** The platform's own data key comes before the first command, whose digest it keys. */
async function provideKeys({ database, now }: InitPlan, master: MasterKey): Promise<Vault> {
  const keyring = new Keyring(database, master);
  await internalRoot.provide(keyring, now());
  await bus.provide(keyring);
  await joinTokenKey.provide(keyring);
  await sealKey.provide(keyring);
  await headSigner.provide(keyring);
  await new StoredDataKeys(database, master).insert(database, 'platform');
  const vault = await openVault({ database, master, lifetimes: DEFAULT_LIFETIMES, now });
  await vault.dataKeys.create('platform');
  return vault;
}

async function providePostgresCertificate(plan: InitPlan, authority: CertificateAuthority): Promise<boolean> {
  const { directory, postgresNames: names, now } = plan;
  if (names.dns.length === 0 && names.ips.length === 0) return false;
  return provideServerCertificate({
    authority,
    directory: join(directory, 'postgres'),
    kind: 'postgres',
    names,
    now: now(),
  });
}

/** The token for whoever sets the platform up, and beside it what the api keeps of it. */
async function provideAdminToken(directory: string): Promise<boolean> {
  const file = join(directory, 'admin-token');
  const kept = (await readIfThere(file))?.trim();
  const token = kept ?? newToken();
  await provideFile(file, `${token}\n`, 0o600);
  const hashIsNew = await provideFile(`${file}.sha256`, `${hashToken(token)}\n`, 0o644);
  return kept === undefined || hashIsNew;
}
