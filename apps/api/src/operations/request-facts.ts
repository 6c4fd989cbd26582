import type { FastifyRequest } from 'fastify';
import type { RequestFacts } from './perform.js';

/**
 * What a request says of itself beside what it asks.
 * @param onClose registers what is called when the client goes away
 */
export function factsOf(request: FastifyRequest, onClose: (close: () => void) => void): RequestFacts {
  const gone = new AbortController();
  onClose(() => gone.abort(new Error('the client is gone')));
  return {
    authorization: request.headers.authorization,
    idempotencyKey: oneOf(request.headers['idempotency-key']),
    nonce: oneOf(request.headers['fly-machine-lease-nonce']),
    requestId: request.id,
    signal: gone.signal,
  };
}

const oneOf = (header: string | string[] | undefined) =>
  (Array.isArray(header) ? header[0] : header) || undefined;
