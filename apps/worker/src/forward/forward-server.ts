import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import {
  FORWARD_ALPN,
  formatForwardAnswer,
  MAX_FORWARD_LINE,
  parseForwardRequest,
  type ForwardAnswer,
  type ForwardRequest,
} from '@bulkhead/contracts/forward';
import { identityOf } from '@bulkhead/pki';

/** What a forwarded connection may lead to: null where the port is not the machine's to give. */
export type ForwardTarget = { readonly host: string; readonly port: number };

interface Credentials {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

interface Options {
  readonly address: string;
  readonly port: number;
  /** Read again by `refresh` after a renewal. */
  readonly credentials: () => Credentials;
  /** Whether an edge may come in now. */
  readonly admits: (edge: string) => boolean;
  readonly find: (request: ForwardRequest) => ForwardTarget | Exclude<ForwardAnswer, 'ok'>;
  readonly warn: (problem: string) => void;
}

const HEAD_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Takes connections of edges on other hosts and leads them to machines of this one: mutual TLS 1.3, admitted edges alone. The
 * certificate says which edge it is; whether that edge may still come in is asked at each connection.
 */
export class ForwardServer {
  readonly #server: Server;
  readonly #open = new Map<string, Set<TLSSocket>>();

  constructor(private readonly options: Options) {
    this.#server = createServer(
      {
        ...options.credentials(),
        allowHalfOpen: true,
        requestCert: true,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
        ALPNProtocols: [FORWARD_ALPN],
        handshakeTimeout: HEAD_TIMEOUT_MS,
      },
      (socket) => void this.#serve(socket),
    );
    this.#server.on('tlsClientError', (error) =>
      options.warn(`a forwarded connection was refused: ${error.message}`),
    );
  }

  async listen(): Promise<number> {
    this.#server.listen(this.options.port, this.options.address);
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  /** New connections use the renewed certificate. */
  refresh(): void {
    this.#server.setSecureContext(this.options.credentials());
  }

  /** Ends what an edge has open here. */
  dismiss(edge: string): void {
    for (const socket of this.#open.get(edge) ?? []) socket.destroy();
  }

  async close(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }

  #admit(client: TLSSocket): boolean {
    const certificate = client.getPeerX509Certificate();
    const identity = certificate && identityOf(certificate);
    if (identity?.kind !== 'edge') return false;
    if (!this.options.admits(identity.name)) {
      this.options.warn(`edge ${identity.name} was turned away: it is not enrolled, or removed`);
      return false;
    }
    const ofEdge = this.#open.get(identity.name) ?? new Set();
    this.#open.set(identity.name, ofEdge.add(client));
    client.once('close', () => {
      ofEdge.delete(client);
      if (ofEdge.size === 0 && this.#open.get(identity.name) === ofEdge) this.#open.delete(identity.name);
    });
    return true;
  }

  async #serve(client: TLSSocket): Promise<void> {
    client.on('error', () => client.destroy());
    try {
      if (!this.#admit(client)) return void client.destroy();
      const line = await readLine(client);
      const request = line === null ? undefined : parseForwardRequest(line);
      const found = request ? this.options.find(request) : 'malformed';
      if (typeof found === 'string') return void client.end(formatForwardAnswer(found));
      const machine = await open(found);
      if (!machine) return void client.end(formatForwardAnswer('unreachable'));
      client.write(formatForwardAnswer('ok'));
      await join(client, machine);
    } catch (error) {
      this.options.warn(error instanceof Error ? error.message : String(error));
      client.destroy();
    }
  }
}

/** Reads one line and pauses there; null where it is too long or late. The edge sends nothing more before the answer. */
function readLine(socket: TLSSocket): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const end = (line: string | null) => {
      clearTimeout(deadline);
      socket.off('data', onData).off('close', onClose);
      socket.pause();
      resolve(line);
    };
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (text.endsWith('\r\n') && text.length <= MAX_FORWARD_LINE) return end(text.slice(0, -2));
      if (text.length >= MAX_FORWARD_LINE || text.includes('\n')) end(null);
    };
    const onClose = () => end(null);
    const deadline = setTimeout(() => end(null), HEAD_TIMEOUT_MS);
    socket.on('data', onData).once('close', onClose);
  });
}

async function open(target: ForwardTarget): Promise<Socket | null> {
  const socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
  socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error('no connection in time')));
  try {
    await once(socket, 'connect');
    socket.setTimeout(0);
    return socket;
  } catch {
    // Whatever the reason, the edge is told that the machine takes no connection.
    socket.destroy();
    return null;
  }
}

/** Both directions with back-pressure; one that ends leaves the other open until it ends too. */
async function join(client: TLSSocket, machine: Socket): Promise<void> {
  const results = await Promise.allSettled([pipeline(client, machine), pipeline(machine, client)]);
  if (results.some(({ status }) => status === 'rejected')) {
    client.destroy();
    machine.destroy();
  }
}
