import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newHostId, newMachineId } from '@bulkhead/contracts';
import { FORWARD_ALPN, formatForwardRequest } from '@bulkhead/contracts/forward';
import { CertificateAuthority, createRoot, type HostKind } from '@bulkhead/pki';
import { eventually, temporaryDirectory } from '@bulkhead/testing';
import { WorkerStore } from '../store/worker-store.js';
import { AdmittedEdges } from './admitted-edges.js';
import { ForwardServer } from './forward-server.js';

const LIFE = { now: new Date(), lifetimeMs: 3_600_000 };
const REQUEST = formatForwardRequest({
  machine: newMachineId(),
  generation: { epoch: 1, count: 1 },
  port: 8080,
});

let authority: CertificateAuthority;
let machine: Server;
let directory: string;
let store: WorkerStore;
let edges: AdmittedEdges;
let server: ForwardServer;
let port: number;
let sockets: TLSSocket[];

beforeAll(async () => {
  authority = await CertificateAuthority.open(await createRoot('internal', LIFE));
  machine = createServer((socket) => socket.on('error', () => socket.destroy()).pipe(socket));
  machine.listen(0, '127.0.0.1');
  await once(machine, 'listening');
});
afterAll(() => void machine.close());
beforeEach(async () => {
  sockets = [];
  directory = temporaryDirectory('forward');
  await open();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await close();
  rmSync(directory, { recursive: true });
});

async function open(): Promise<void> {
  const worker = await issue('worker', newHostId());
  store = new WorkerStore(join(directory, 'worker.db'));
  edges = new AdmittedEdges(store, (edge) => server.dismiss(edge));
  server = new ForwardServer({
    address: '127.0.0.1',
    port: 0,
    credentials: () => worker,
    admits: (edge) => edges.has(edge),
    find: () => ({ host: '127.0.0.1', port: (machine.address() as AddressInfo).port }),
    warn: () => undefined,
  });
  port = await server.listen();
}

async function close(): Promise<void> {
  await server.close();
  store.close();
}

async function issue(kind: HostKind, name: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = await authority.issue({ kind, name }, publicKey.export({ type: 'spki', format: 'der' }), LIFE);
  return {
    cert,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ca: authority.certificate,
  };
}

/** What the worker says to a connection that asks for the machine; nothing where it is turned away. */
async function ask(
  credentials: Awaited<ReturnType<typeof issue>>,
): Promise<{ socket: TLSSocket; answer: string }> {
  const socket = connect({
    ...credentials,
    host: '127.0.0.1',
    port,
    ALPNProtocols: [FORWARD_ALPN],
    checkServerIdentity: () => undefined,
  });
  sockets.push(socket);
  socket.on('error', () => socket.destroy());
  socket.write(REQUEST);
  const answer = await Promise.race([
    once(socket, 'data').then(([chunk]) => String(chunk)),
    once(socket, 'close').then(() => ''),
  ]);
  return { socket, answer };
}

let told = 0;
const admit = (edge: string, admitted = true) =>
  edges.apply([{ number: ++told, key: edge, row: admitted ? { edge } : null }], {
    feed: 'one',
    number: told,
  });

describe('the way in for edges of other hosts', () => {
  it('is closed to an edge that nobody admitted, whatever its certificate says', async () => {
    expect((await ask(await issue('edge', newHostId()))).answer).toBe('');
  });

  it('is open to an edge from its admission on, and to no other kind of host', async () => {
    const [edge, worker] = [newHostId(), newHostId()];
    await admit(edge);
    await admit(worker);
    expect((await ask(await issue('edge', edge))).answer).toBe('OK\r\n');
    expect((await ask(await issue('worker', worker))).answer).toBe('');
  });

  it('closes at once to an edge that is removed, with what it has open', async () => {
    const [gone, stays] = [newHostId(), newHostId()];
    const [credentials, others] = [await issue('edge', gone), await issue('edge', stays)];
    await admit(gone);
    await admit(stays);
    const [{ socket }, { socket: other }] = [await ask(credentials), await ask(others)];
    await admit(gone, false);
    await eventually(() => socket.closed);
    expect((await ask(credentials)).answer).toBe('');
    other.write('still here');
    expect(String((await once(other, 'data'))[0])).toBe('still here');
  });

  it('is open to those admitted before a restart, without the bus, and closed to those gone from the whole feed', async () => {
    const [gone, stays] = [newHostId(), newHostId()];
    await admit(gone);
    await admit(stays);
    await close();
    await open();
    expect((await ask(await issue('edge', gone))).answer).toBe('OK\r\n');
    await edges.replace([{ number: 9, key: stays, row: { edge: stays } }], { feed: 'two', number: 9 });
    expect((await ask(await issue('edge', gone))).answer).toBe('');
    expect((await ask(await issue('edge', stays))).answer).toBe('OK\r\n');
    expect(await edges.place()).toEqual({ feed: 'two', number: 9 });
  });
});
