import type { Socket } from 'node:net';
import { TerminalError } from '@bulkhead/contracts/errors';
import type { Endpoint } from '../routing/routes.js';
import { dialTcp } from './tcp-dialer.js';
import { dialWorker, type InternalIdentity } from './worker-dialer.js';

/** Opens a connection to a backend, ready for its first request byte. */
export interface Dialer {
  /** Rejects where the backend can't be reached; once `signal` aborts, nothing is left open. */
  dial(endpoint: Endpoint, signal: AbortSignal): Promise<Socket>;
}

/** Dials by the endpoint's kind: a machine on this host plainly, one elsewhere over mutual TLS, never otherwise. */
export class EndpointDialer implements Dialer {
  /** @param identity what the edge proves itself with to workers, where it has been enrolled */
  constructor(private readonly identity: () => InternalIdentity | undefined) {}

  async dial(endpoint: Endpoint, signal: AbortSignal): Promise<Socket> {
    switch (endpoint.kind) {
      case 'tcp':
        return dialTcp(endpoint.host, endpoint.port, signal);
      case 'worker': {
        const identity = this.identity();
        if (!identity)
          throw new TerminalError('edge_not_enrolled', 'Machines of other hosts need an enrolled edge.');
        return dialWorker(endpoint, identity, signal);
      }
    }
  }
}
