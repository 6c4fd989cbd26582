import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import type { AddressInfo } from 'node:net';
import { DevelopmentCa } from './development-ca.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ca-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** The error with which a TLS client refuses a certificate, or undefined. */
async function clientError(
  certificate: { chain: string; privateKey: string },
  servername: string,
  ca: string,
) {
  const server = createServer({ cert: certificate.chain, key: certificate.privateKey });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, servername, ca });
  const error = await new Promise<string | undefined>((resolve) => {
    socket.once('secureConnect', () => resolve(undefined));
    socket.once('error', (cause) => resolve(cause.message));
  });
  socket.destroy();
  server.close();
  return error;
}

test('a name gets the same certificate again, after a restart too', async () => {
  const first = await DevelopmentCa.open(directory, 'apps.localhost');
  const minted = await first.certificateFor('hello.apps.localhost');
  const second = await DevelopmentCa.open(directory, 'apps.localhost');
  expect(await second.certificateFor('hello.apps.localhost')).toEqual(minted);
  expect(second.root).toBe(first.root);
});

test('keys are readable by their owner alone; the root to trust is beside them', async () => {
  const ca = await DevelopmentCa.open(directory, 'apps.localhost');
  await ca.certificateFor('hello.apps.localhost');
  expect((await stat(join(directory, 'hostname-keys.json'))).mode & 0o777).toBe(0o600);
  expect(await readFile(join(directory, 'development-ca.pem'), 'utf8')).toBe(ca.root);
});

test('many names at once are all kept', async () => {
  const ca = await DevelopmentCa.open(directory, 'apps.localhost');
  const names = Array.from({ length: 20 }, (_, index) => `app-${index}.apps.localhost`);
  const minted = await Promise.all(names.map((name) => ca.certificateFor(name)));
  const again = await DevelopmentCa.open(directory, 'apps.localhost');
  expect(await Promise.all(names.map((name) => again.certificateFor(name)))).toEqual(minted);
});

test('clients believe it for names below its domain, and no certificate is made for others', async () => {
  const ca = await DevelopmentCa.open(directory, 'apps.localhost');
  const certificate = await ca.certificateFor('hello.apps.localhost');
  if (!certificate) throw new Error('no certificate');
  expect(await clientError(certificate, 'hello.apps.localhost', ca.root)).toBeUndefined();
  expect(await ca.certificateFor('bank.example')).toBeUndefined();
});

test('the root itself can only vouch for names below its domain', async () => {
  const stolen = await DevelopmentCa.open(directory, 'apps.localhost');
  const path = join(directory, 'hostname-keys.json');
  const text = await readFile(path, 'utf8');
  const elsewhere = await mkdtemp(join(tmpdir(), 'ca-'));
  await writeFile(
    join(elsewhere, 'hostname-keys.json'),
    text.replace('"domain":"apps.localhost"', '"domain":"example"'),
  );
  const forger = await DevelopmentCa.open(elsewhere, 'example');
  const forged = await forger.certificateFor('bank.example');
  if (!forged) throw new Error('no certificate');
  expect(await clientError(forged, 'bank.example', stolen.root)).toMatch(/permitted subtree violation/);
  expect(new X509Certificate(stolen.root).ca).toBe(true);
  await rm(elsewhere, { recursive: true });
});

test('a directory of another domain is refused, saying what to do', async () => {
  await DevelopmentCa.open(directory, 'apps.localhost');
  await expect(DevelopmentCa.open(directory, 'other.localhost')).rejects.toThrow('Move the file away');
});
