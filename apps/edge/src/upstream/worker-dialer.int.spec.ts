import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import {
  FORWARD_ALPN,
  formatForwardAnswer,
  parseForwardRequest,
  type ForwardAnswer,
} from '@bulkhead/contracts/forward';
import { newHostId, newMachineId } from '@bulkhead/contracts/ids';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../routing/routes.js';
import { EndpointDialer } from './dialer.js';
import type { InternalIdentity } from './worker-dialer.js';

const run = promisify(execFile);
const HOST = newHostId();

let directory: string;
let authority: string;
let server: Server;
let answer: ForwardAnswer;
let asked: unknown[];

/** A certificate of the internal authority that names an identity by URI alone. */
async function issue(kind: string, name: string): Promise<InternalIdentity> {
  const file = (extension: string) => join(directory, `${kind}-${name}.${extension}`);
  const ca = (extension: string) => join(directory, `ca.${extension}`);
  await writeFile(
    file('ext'),
    `subjectAltName=URI:bulkhead://${kind}/${name}\nextendedKeyUsage=serverAuth,clientAuth\n`,
  );
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file('key')];
  await run('openssl', ['req', ...key, '-subj', '/CN=x', '-out', file('csr')]);
  const signed = [
    '-CA',
    ca('crt'),
    '-CAkey',
    ca('key'),
    '-CAcreateserial',
    '-days',
    '1',
    '-extfile',
    file('ext'),
  ];
  await run('openssl', ['x509', '-req', '-in', file('csr'), ...signed, '-out', file('crt')]);
  const [certificate, privateKey] = await Promise.all([
    readFile(file('crt'), 'utf8'),
    readFile(file('key'), 'utf8'),
  ]);
  return { certificate, privateKey, authorities: authority };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'forward-'));
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    join(directory, 'ca.key'),
  ];
  await run('openssl', [
    'req',
    '-x509',
    ...key,
    '-subj',
    '/CN=internal',
    '-days',
    '1',
    '-out',
    join(directory, 'ca.crt'),
  ]);
  authority = await readFile(join(directory, 'ca.crt'), 'utf8');
  const worker = await issue('worker', HOST);
  const options = { cert: worker.certificate, key: worker.privateKey, ca: authority };
  server = createServer({ ...options, requestCert: true, ALPNProtocols: [FORWARD_ALPN] }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  answer = 'ok';
  asked = [];
});

/** A worker that answers as told, then repeats what it hears. */
function serve(socket: TLSSocket): void {
  socket.on('error', () => socket.destroy());
  socket.once('data', (chunk: Buffer) => {
    asked.push(parseForwardRequest(chunk.toString('latin1').trimEnd()));
    socket.write(formatForwardAnswer(answer));
    if (answer === 'ok') socket.pipe(socket);
    else socket.end();
  });
}

const endpoint = (change: object = {}): Endpoint => ({
  kind: 'worker',
  host: '127.0.0.1',
  port: (server.address() as AddressInfo).port,
  worker: HOST,
  machine: newMachineId(),
  generation: { epoch: 7, count: 3 },
  internalPort: 8080,
  ...change,
});
const dial = (identity: InternalIdentity | undefined, to = endpoint()) =>
  new EndpointDialer(() => identity).dial(to, AbortSignal.timeout(2_000));

test('the machine is reached through its worker, which is told machine, generation and port', async () => {
  const to = endpoint();
  const socket = await dial(await issue('edge', 'e1'), to);
  const heard = new Promise((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())));
  socket.resume();
  socket.write('hello');
  expect(await heard).toBe('hello');
  expect(asked).toEqual([
    { machine: to.kind === 'worker' && to.machine, generation: { epoch: 7, count: 3 }, port: 8080 },
  ]);
  socket.destroy();
});

test('a worker that refuses is no way', async () => {
  answer = 'wrong_generation';
  await expect(dial(await issue('edge', 'e1'))).rejects.toThrow('wrong_generation');
});

test("another worker's certificate, and any other identity's, is not believed", async () => {
  await expect(dial(await issue('edge', 'e1'), endpoint({ worker: newHostId() }))).rejects.toThrow(
    'not that of worker',
  );
  expect(asked).toEqual([]);
});

test('an edge that has not been enrolled does not try, and never plainly', async () => {
  await expect(dial(undefined)).rejects.toThrow('enrolled');
});
