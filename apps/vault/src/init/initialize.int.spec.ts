import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, startPostgres, type TestPostgres } from '@bulkhead/testing';
import { readMasterKeyFile } from '../keys/master-key.js';
import { bus } from '../keys/named-keys.js';
import { VaultFixture } from '../vault-fixture.js';
import { initialize } from './initialize.js';

let postgres: TestPostgres;
let fixture: VaultFixture;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  fixture = await VaultFixture.create(postgres);
});
afterEach(() => fixture.close());

/** Every file below the directory with its content and mode, and every row of the vault. */
async function everything(): Promise<Record<string, unknown>> {
  const files = (await readdir(fixture.directory, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  const found: Record<string, unknown> = {};
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    found[path] = [await readFile(path, 'utf8'), (await stat(path)).mode & 0o777];
  }
  for (const table of ['key', 'data_key', 'envelope', 'command'])
    found[table] = await fixture.storage.database.query(`select * from ${table} order by 1`);
  return found;
}

it('changes nothing when run again', async () => {
  const before = await everything();
  expect(await initialize(fixture.plan())).toEqual([]);
  expect(await everything()).toEqual(before);
});

it('goes on where a run broke off', async () => {
  const before = await everything();
  for (const path of ['ca.pem', 'nats/instance.conf', 'api/join-token', 'admin-token.sha256'])
    await rm(join(fixture.directory, path));
  expect(await initialize(fixture.plan())).toHaveLength(4);
  expect(await everything()).toEqual(before);
});

it('leaves no secret open to others, and no key in a file but the master key', async () => {
  const files = Object.entries(await everything()).filter(([path]) => path.startsWith('/'));
  const open = files.filter(([, kept]) => Array.isArray(kept) && kept[1] !== 0o600).map(([path]) => path);
  expect(open.map((path) => path.slice(fixture.directory.length + 1)).sort()).toEqual([
    'admin-token.sha256',
    'ca.pem',
    'nats/ca.pem',
    'nats/certificate.pem',
    'nats/instance.conf',
    'nats/nats-server.conf',
    'postgres/ca.pem',
    'postgres/certificate.pem',
  ]);
  for (const [path, kept] of files)
    if (!path.endsWith('/key.pem'))
      expect(JSON.stringify(kept)).not.toMatch(/PRIVATE KEY|"S[OAU][A-Z2-7]{56}/);
});

it('never makes a second master key for keys that need the first', async () => {
  await rm(fixture.plan().masterKeyFile);
  await expect(initialize(fixture.plan())).rejects.toMatchObject({ code: 'master_key_missing' });
  await expect(fixture.open()).rejects.toThrow(/no master key at .*Restore it from its backup/);
});

it('refuses a master key that others can read, or that is none', async () => {
  const { masterKeyFile } = fixture.plan();
  await chmod(masterKeyFile, 0o640);
  await expect(readMasterKeyFile(masterKeyFile)).rejects.toMatchObject({ code: 'master_key_exposed' });
  await chmod(masterKeyFile, 0o600);
  await writeFile(masterKeyFile, 'hunter2');
  await expect(readMasterKeyFile(masterKeyFile)).rejects.toMatchObject({ code: 'master_key_invalid' });
});

it('renews the servers’ certificates at half of their life, under the same root', async () => {
  const certificate = join(fixture.directory, 'nats', 'certificate.pem');
  const before = await readFile(certificate, 'utf8');
  fixture.advance(44 * 24 * 3600_000);
  await initialize(fixture.plan());
  expect(await readFile(certificate, 'utf8')).toBe(before);
  fixture.advance(2 * 24 * 3600_000);
  expect(await initialize(fixture.plan())).toContain('nats-server’s configuration');
  expect(await readFile(certificate, 'utf8')).not.toBe(before);
});

it('signs the bus account anew when a release changes what somebody may', async () => {
  const { keyring } = await fixture.open();
  const trust = await bus.trust(keyring);
  const instance = join(fixture.directory, 'nats', 'instance.conf');
  const before = await readFile(instance, 'utf8');
  await keyring.replace('bus-trust', { ...trust, digest: 'of an older release' });
  // A JWT tells its issue in whole seconds: signed again within the same one it would be the same.
  const issued = Math.floor(Date.now() / 1000);
  await eventually(() => Math.floor(Date.now() / 1000) > issued);
  expect(await initialize(fixture.plan())).toContain('nats-server’s configuration');
  expect(await readFile(instance, 'utf8')).not.toBe(before);
});
