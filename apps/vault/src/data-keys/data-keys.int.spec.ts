import { newOrganizationId } from '@bulkhead/contracts';
import { VaultClient } from '@bulkhead/pki';
import { startPostgres, type TestPostgres } from '@bulkhead/testing';
import { DEFAULT_LIFETIMES } from '../authority/lifetimes.js';
import { LocalMasterKey } from '../keys/master-key.js';
import { openVault } from '../vault.js';
import { VaultFixture } from '../vault-fixture.js';

let postgres: TestPostgres;
let fixture: VaultFixture;

beforeAll(async () => {
  postgres = await startPostgres();
  fixture = await VaultFixture.create(postgres);
});
afterAll(async () => {
  await fixture.close();
  await postgres.stop();
});

it('makes a key at its first use, one for all who ask at once', async () => {
  const [one, other] = [await fixture.open(), await fixture.open()];
  const scope = newOrganizationId();
  const found = await Promise.all([one, other, one, other].map(({ dataKeys }) => dataKeys.get(scope)));
  expect(new Set(found.map((key) => JSON.stringify(key))).size).toBe(1);
  expect(await one.dataKeys.get(newOrganizationId())).not.toEqual(found[0]);
});

it('never makes one again after its destruction, nor leaves a row of it', async () => {
  const vault = await fixture.open();
  const [used, unused] = [newOrganizationId(), newOrganizationId()];
  await vault.dataKeys.get(used);
  for (const scope of [used, unused]) await vault.dataKeys.destroy(fixture.command(), scope, 'asked');
  for (const scope of [used, unused, used]) expect(await vault.dataKeys.get(scope)).toBe('destroyed');
  const again = await fixture.open();
  expect(await again.dataKeys.get(used)).toBe('destroyed');
  const rows = await fixture.storage.database.query('select from data_key where scope = any($1)', [
    [used, unused],
  ]);
  expect(rows).toEqual([]);
});

it('keeps the platform’s own', async () => {
  const vault = await fixture.open();
  const destroying = async () => vault.dataKeys.destroy(fixture.command(), 'platform', 'asked');
  await expect(destroying()).rejects.toMatchObject({ code: 'platform_key_kept' });
});

it('gives keys to the services that seal, and to nobody else', async () => {
  const { url } = await fixture.serve();
  const client = new VaultClient(url);
  const scope = newOrganizationId();
  const [api, scheduler, audit, worker] = [
    await fixture.join('api'),
    await fixture.join('scheduler'),
    await fixture.join('audit'),
    await fixture.join('worker'),
  ];
  expect(await client.dataKey(scope, api.tls)).toEqual(await client.dataKey(scope, scheduler.tls));
  expect(await client.dataKey('platform', audit.tls)).toHaveProperty('key');
  await expect(client.dataKey(scope, audit.tls)).rejects.toMatchObject({ code: 'data_key_denied' });
  await expect(client.dataKey('platform', worker.tls)).rejects.toMatchObject({ code: 'data_key_denied' });
  fixture.advance(DEFAULT_LIFETIMES.serviceMs + 1000);
  await expect(client.dataKey(scope, api.tls)).rejects.toMatchObject({ code: 'certificate_expired' });
});

describe('at rest', () => {
  it('a row in another’s place does not open', async () => {
    const vault = await fixture.open();
    const [mine, theirs] = [newOrganizationId(), newOrganizationId()];
    for (const scope of [mine, theirs]) await vault.dataKeys.get(scope);
    await fixture.superuser.pool.query(
      'update vault.data_key set sealed = (select sealed from vault.data_key where scope = $2) where scope = $1',
      [mine, theirs],
    );
    await expect(vault.dataKeys.get(mine)).rejects.toMatchObject({ code: 'vault_row_damaged' });
    expect(await vault.dataKeys.get(theirs)).toHaveProperty('key');
  });

  it('nothing opens under another master key, and it says so', async () => {
    const master = new LocalMasterKey(Buffer.alloc(32, 1));
    const opening = openVault({ database: fixture.storage.database, master, lifetimes: DEFAULT_LIFETIMES });
    await expect(opening).rejects.toThrow(/not the master key of this vault.*Restore/);
  });

  it('the journal’s rows can only be added', async () => {
    const { database } = fixture.storage;
    await expect(database.query(`update envelope set body = ''`)).rejects.toThrow('permission denied');
    await expect(database.query('delete from envelope')).rejects.toThrow('permission denied');
    const { pool } = fixture.superuser;
    await expect(pool.query(`update vault.envelope set body = ''`)).rejects.toThrow('never changed');
    await expect(pool.query('delete from vault.envelope')).rejects.toThrow('never changed');
  });
});
