import type { SecureContext } from 'node:tls';
import { inboxPrefix } from '@bulkhead/contracts';
import { connect, Events, type Authenticator, type NatsConnection } from 'nats';
import type { Logger } from './logging.js';

/** What a process shows the bus: read anew at each reconnect, so that a renewed credential is used without a restart. */
export interface BusIdentity {
  /** The last token of its commands and its inbox: the kind for a service, the id for a host. */
  readonly caller: string;
  readonly authenticator: Authenticator;
  /** PEM, read at each connect; the bus is always mutual TLS under the internal CA. */
  readonly tls: { readonly ca: string; readonly cert?: string; readonly key?: string };
  readonly secureContext?: SecureContext;
}

/**
 * Connects to NATS and stays connected: waits for a server that isn't there yet and reconnects for ever, since every service goes
 * on by itself once the bus is back.
 */
export async function connectBus(
  url: string,
  identity: BusIdentity,
  logger: Logger,
): Promise<NatsConnection> {
  const bus = await connect({
    servers: url,
    name: identity.caller,
    inboxPrefix: inboxPrefix(identity.caller),
    authenticator: identity.authenticator,
    tls: identity.tls,
    waitOnFirstConnect: true,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ignoreAuthErrorAbort: true,
    pingInterval: 5_000,
    maxPingOut: 2,
  });
  void reportStatus(bus, logger);
  return bus;
}

/**
 * The bus ends a connection together with the credential that opened it. So each renewed one is shown at once, while the old still
 * holds: what was sent is flushed before, what is under way is asked again by whoever sent it.
 */
export function showRenewedCredentials(
  connection: NatsConnection,
  identity: { onRenew(listener: () => void): () => void },
  logger: Logger,
): void {
  const show = async () => {
    await connection.flush();
    await connection.reconnect();
  };
  const stop = identity.onRenew(() => {
    show().catch((error: unknown) =>
      logger.debug({ err: error }, 'the bus is away; it is shown at the reconnect'),
    );
  });
  void connection.closed().then(stop);
}

async function reportStatus(bus: NatsConnection, logger: Logger): Promise<void> {
  for await (const status of bus.status()) {
    if (status.type === Events.Disconnect) logger.warn('bus lost');
    if (status.type === Events.Reconnect) logger.info('bus back');
    if (status.type === Events.Error) logger.warn({ problem: String(status.data) }, 'bus refused something');
  }
}
