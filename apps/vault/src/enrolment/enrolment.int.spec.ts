import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createCertificateRequest,
  generatePrivateKey,
  IdentityFile,
  JoinTokenFile,
  ProcessIdentity,
  VaultClient,
} from '@bulkhead/pki';
import { createUser } from '@nats-io/nkeys';
import { startPostgres, type TestPostgres } from '@bulkhead/testing';
import { removeIdentity } from '../identities/remove-identity.js';
import { VaultFixture } from '../vault-fixture.js';

const DAY = 24 * 3600_000;

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

describe('a first enrolment', () => {
  it('turns the token that init left into an identity, kept where its owner alone gets at it', async () => {
    await fixture.serve();
    const identity = await fixture.join('scheduler');
    expect(identity.identity).toEqual({ kind: 'scheduler', name: 'scheduler' });
    expect(identity.caller).toBe('scheduler');

    const directory = join(fixture.directory, 'processes', 'scheduler');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect(await readdir(directory)).toEqual(['identity.json']);
    expect((await stat(join(directory, 'identity.json'))).mode & 0o777).toBe(0o600);
    await expect(stat(join(fixture.directory, 'scheduler', 'join-token'))).rejects.toThrow('ENOENT');
  });

  it('gives a host an id and a key pair to seal to', async () => {
    const { vault } = await fixture.serve();
    const worker = await fixture.join('worker');
    expect(worker.identity.name).toMatch(/^host_/);
    expect(worker.caller).toBe(worker.identity.name);
    const known = await vault.registry.requireActive(worker.identity);
    expect(known.sealKey).toEqual(Buffer.from(worker.sealKeyPair?.publicKey ?? []));
  });

  it('takes a token once: another key gets nothing, the same key its lost answer', async () => {
    const { vault, url } = await fixture.serve();
    const { token } = await fixture.token(vault, 'audit');
    const client = new VaultClient(url);
    const key = generatePrivateKey();
    const first = await client.enroll(await requestOf(token, key));
    const again = await client.enroll(await requestOf(token, key));
    expect(again.name).toBe(first.name);
    await expect(client.enroll(await requestOf(token, generatePrivateKey()))).rejects.toMatchObject({
      code: 'join_token_used',
    });
  });

  it('refuses a token that expired, is unknown, or is of a vault with another root', async () => {
    const { vault, url } = await fixture.serve();
    const client = new VaultClient(url);
    const { token } = await fixture.token(vault, 'audit', 1000);
    const [head, , pin] = token.split('.');
    const guessed = `${head}.${'A'.repeat(43)}.${pin}`;
    await expect(client.enroll(await requestOf(guessed))).rejects.toMatchObject({
      code: 'join_token_unknown',
    });
    const elsewhere = `${token.slice(0, -64)}${'0'.repeat(64)}`;
    await expect(client.enroll(await requestOf(elsewhere))).rejects.toMatchObject({
      code: 'ca_pin_mismatch',
    });
    fixture.advance(1000);
    await expect(client.enroll(await requestOf(token))).rejects.toMatchObject({ code: 'join_token_expired' });
  });

  it('says what to do where there is no token', async () => {
    await fixture.serve();
    const joining = ProcessIdentity.open({
      kind: 'gateway',
      source: new VaultClient('https://127.0.0.1:1'),
      kept: {
        file: new IdentityFile(join(fixture.directory, 'gateway')),
        joinToken: new JoinTokenFile('/nonexistent/token'),
      },
    });
    await expect(joining).rejects.toThrow(/no join token at \/nonexistent\/token.*Run `bulkhead init`/);
  });
});

describe('an identity that is there already', () => {
  it('starts from its own disk while the vault is away', async () => {
    const { stop } = await fixture.serve();
    const before = await fixture.join('scheduler');
    await stop();
    const after = await fixture.join('scheduler');
    expect(after.tls.cert).toBe(before.tls.cert);
  });

  it('comes back two days later, long after it expired', async () => {
    await fixture.serve();
    const api = await fixture.join('api');
    const before = api.expiresAt;
    api.close();
    fixture.advance(2 * DAY);
    expect(before < fixture.now()).toBe(true);
    const back = await fixture.join('api');
    await back.renew();
    expect(back.expiresAt > fixture.now()).toBe(true);
  });

  it('does not come back after 90 days', async () => {
    await fixture.serve();
    const api = await fixture.join('api');
    fixture.advance(92 * DAY);
    await expect(api.renew()).rejects.toMatchObject({ code: 'certificate_expired' });
  });

  it('gets nothing more once it is removed, though its certificate lives on', async () => {
    const { vault } = await fixture.serve();
    const worker = await fixture.join('worker');
    await worker.renew();
    await removeIdentity(vault.journal, fixture.command(), worker.identity, 'sold');
    await expect(worker.renew()).rejects.toMatchObject({ code: 'identity_removed' });
  });

  it('changes its key with each renewal and keeps what is sealed to it readable', async () => {
    await fixture.serve();
    const worker = await fixture.join('worker');
    const { key, cert } = { ...worker.tls };
    const sealKey = worker.sealKeyPair;
    const renewed: Date[] = [];
    worker.onRenew((expiresAt) => renewed.push(expiresAt));
    await worker.renew();
    expect(worker.tls.key).not.toBe(key);
    expect(worker.tls.cert).not.toBe(cert);
    expect(worker.sealKeyPair).toEqual(sealKey);
    expect(renewed).toEqual([worker.expiresAt]);
  });

  it('is nobody to a vault of another root', async () => {
    const { vault, url } = await fixture.serve();
    const other = await VaultFixture.create(postgres);
    try {
      await other.serve();
      const stranger = await other.join('api');
      const shown = { ...stranger.tls, ca: vault.authority.ca };
      const { certificateRequest, busKey } = await requestOf('');
      const renewal = new VaultClient(url).renew({ certificateRequest, busKey }, shown);
      await expect(renewal).rejects.toMatchObject({ code: 'certificate_refused' });
    } finally {
      await other.close();
    }
  });
});

async function requestOf(token: string, key = generatePrivateKey()) {
  return {
    token,
    certificateRequest: await createCertificateRequest(key),
    busKey: createUser().getPublicKey(),
  };
}
