import type { Socket } from 'node:net';
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls';
import { RetryableError } from '@bulkhead/contracts/errors';
import {
  FORWARD_ALPN,
  formatForwardRequest,
  MAX_FORWARD_LINE,
  parseForwardAnswer,
  type ForwardRequest,
} from '@bulkhead/contracts/forward';
import type { Endpoint } from '../routing/routes.js';
import { dialTcp, established } from './tcp-dialer.js';

/** What the edge proves itself with to workers, and what it believes; PEM. */
export interface InternalIdentity {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authorities: string;
}

type WorkerEndpoint = Extract<Endpoint, { kind: 'worker' }>;

/**
 * Opens a connection to a machine through its host's worker: mutual TLS 1.3, then the preamble of
 * `@bulkhead/contracts/forward`. The certificate must be that of the very worker the route names.
 *
 * @param identity asked for each connection, as certificates are renewed without a restart
 */
export async function dialWorker(
  endpoint: WorkerEndpoint,
  identity: InternalIdentity,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = connect({
    socket: await dialTcp(endpoint.host, endpoint.port, signal),
    cert: identity.certificate,
    key: identity.privateKey,
    ca: identity.authorities,
    minVersion: 'TLSv1.3',
    ALPNProtocols: [FORWARD_ALPN],
    checkServerIdentity: (_host, certificate) => checkWorker(endpoint.worker, certificate),
  });
  await established(socket, 'secureConnect', signal);
  const answer = answerOf(socket, signal);
  socket.write(formatForwardRequest(requestOf(endpoint)));
  await answer;
  return socket;
}

const requestOf = ({ machine, generation, internalPort }: WorkerEndpoint): ForwardRequest => ({
  machine,
  generation,
  port: internalPort,
});

/** A worker's certificate names it by URI alone; host names and addresses say nothing. */
function checkWorker(worker: string, certificate: PeerCertificate): Error | undefined {
  const isWorker = certificate.subjectaltname === `URI:bulkhead://worker/${worker}`;
  return isWorker ? undefined : new Error(`the certificate is not that of worker ${worker}`);
}

/** Resolves once the worker has said OK; rejects, with the socket destroyed, on anything else. */
function answerOf(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let line = '';
    const settle = (refusal?: string) => {
      socket.off('data', onData).off('close', onClose).off('error', onClose);
      signal.removeEventListener('abort', onAbort);
      if (refusal === undefined) return resolve();
      socket.on('error', () => socket.destroy());
      socket.destroy();
      reject(new RetryableError('forward_refused', `The worker doesn't forward: ${refusal}.`, 0));
    };
    const onAbort = () => settle('no answer in time');
    const onClose = () => settle('it closed the connection');
    const onData = (chunk: Buffer) => {
      line += chunk.toString('latin1');
      const end = line.indexOf('\r\n');
      if (end < 0) return line.length < MAX_FORWARD_LINE ? undefined : settle('malformed answer');
      const answer = parseForwardAnswer(line.slice(0, end));
      socket.pause();
      settle(answer === 'ok' && end + 2 === line.length ? undefined : (answer ?? 'malformed answer'));
    };
    socket.on('data', onData).on('close', onClose).on('error', onClose);
    signal.addEventListener('abort', onAbort);
  });
}
