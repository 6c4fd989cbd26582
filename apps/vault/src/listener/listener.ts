import { once } from 'node:events';
import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { TLSSocket } from 'node:tls';
import { isBulkheadError, TerminalError } from '@bulkhead/contracts';
import { ENROLMENT_LIMITS, type EnrolmentFailure, type ProcessIdentity } from '@bulkhead/pki';
import { toFailure } from '@bulkhead/journal';
import type { Logger } from '@bulkhead/platform';
import type { Route } from './routes.js';

export interface ListenerOptions {
  readonly address: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly identity: ProcessIdentity;
  readonly routes: Readonly<Record<string, Route>>;
  readonly logger: Logger;
}

const MAX_CONNECTIONS = 512;
const HANDSHAKE_MS = 5_000;

/**
 * The vault's own TLS listener: enrolment, renewal and data keys, needing neither bus nor any other service. A certificate is
 * asked for and judged by the routes, since an expired one may still renew.
 */
export class VaultListener {
  private constructor(
    private readonly server: Server,
    readonly port: number,
    private readonly stopFollowing: () => void,
  ) {}

  static async open({ address, port, identity, routes, logger }: ListenerOptions): Promise<VaultListener> {
    const server = createServer(
      {
        ...tlsOf(identity),
        handshakeTimeout: HANDSHAKE_MS,
        headersTimeout: ENROLMENT_LIMITS.timeoutMs,
        requestTimeout: ENROLMENT_LIMITS.timeoutMs,
        keepAliveTimeout: 1_000,
        maxHeaderSize: 8 * 1024,
      },
      (request, response) => void answer(routes, logger, request, response),
    );
    server.maxConnections = MAX_CONNECTIONS;
    server.on('tlsClientError', (error) =>
      logger.debug({ problem: error.message }, 'a TLS handshake failed'),
    );
    server.listen(port, address);
    await once(server, 'listening');
    const stopFollowing = identity.onRenew(() => server.setSecureContext(tlsOf(identity)));
    return new VaultListener(server, portOf(server), stopFollowing);
  }

  async close(): Promise<void> {
    this.stopFollowing();
    this.server.close();
    this.server.closeIdleConnections();
    await once(this.server, 'close');
  }
}

const tlsOf = ({ tls: { key, cert, ca } }: ProcessIdentity) =>
  ({ key, cert, ca, requestCert: true, rejectUnauthorized: false, minVersion: 'TLSv1.3' }) as const;

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the listener has no port');
  return address.port;
}

/** Never rejects. */
async function answer(
  routes: Readonly<Record<string, Route>>,
  logger: Logger,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const route = find(routes, request);
    const body = route.method === 'GET' ? undefined : await readJson(request);
    const checked = route.body.safeParse(body);
    if (!checked.success)
      throw new TerminalError(
        'invalid_request',
        checked.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
        { status: 400 },
      );
    send(response, 200, await route.handle(checked.data, peerOf(request)));
  } catch (error) {
    if (!isBulkheadError(error) || error.status >= 500)
      logger.error({ err: error, path: request.url }, 'a request failed');
    else logger.info({ code: error.code, problem: error.message, path: request.url }, 'refused');
    const { status, ...failure } = toFailure(error);
    const said: EnrolmentFailure = {
      code: failure.code,
      message: failure.message,
      retryable: failure.retryable || status >= 500,
    };
    send(response, status, said);
  }
}

function find(routes: Readonly<Record<string, Route>>, { method, url = '' }: IncomingMessage): Route {
  const route = Object.hasOwn(routes, url) ? routes[url] : undefined;
  if (!route) throw new TerminalError('not_found', 'there is nothing here', { status: 404 });
  if (route.method !== method)
    throw new TerminalError('method_not_allowed', `use ${route.method}`, { status: 405 });
  return route;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ENROLMENT_LIMITS.bodyBytes)
      throw new TerminalError('body_too_large', `a body may have ${ENROLMENT_LIMITS.bodyBytes} bytes`, {
        status: 413,
      });
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new TerminalError('invalid_json', 'the body is no JSON', { status: 400, cause });
  }
}

/** The certificate that the peer has proven to hold the key of; whether it counts is the route's to judge. */
function peerOf({ socket }: IncomingMessage): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(text);
}
