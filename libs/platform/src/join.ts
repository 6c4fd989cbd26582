import { join } from 'node:path';
import { CommandBus, natsBus, type Bus, type DataKeys } from '@bulkhead/journal';
import { IdentityFile, JoinTokenFile, ProcessIdentity, VaultClient, type IdentityKind } from '@bulkhead/pki';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import type { ServiceRuntime } from './boot.js';
import { connectBus, showRenewedCredentials } from './bus.js';
import { waitFor } from './wait.js';

/** Environment of everything that enrols at the vault and speaks on the bus. */
export const memberEnvironment = z.object({
  /** The vault's enrolment listener, https. */
  BULKHEAD_VAULT_URL: z.url(),
  BULKHEAD_NATS_URL: z.string().min(1),
  /** Holds the one-time join token until the first enrolment; `join-token` in the service's directory unless given. */
  BULKHEAD_JOIN_TOKEN_FILE: z.string().min(1).optional(),
});
export type MemberEnvironment = z.infer<typeof memberEnvironment>;

/** A process that is known to the others. */
export interface Member {
  readonly identity: ProcessIdentity;
  readonly connection: NatsConnection;
  readonly bus: Bus;
  readonly commands: CommandBus;
  /** Organizations' data keys, straight from the vault: no data key is ever on the bus. */
  readonly dataKeys: DataKeys;
}

/**
 * Makes this process one of the platform: enrols or loads its identity, keeps it renewed, and connects it to the bus. Waits for a
 * vault or a bus that isn't there yet; with a kept identity no vault is needed.
 */
export async function joinPlatform(
  kind: IdentityKind,
  runtime: ServiceRuntime<MemberEnvironment>,
): Promise<Member> {
  const { settings, logger, stopping } = runtime;
  const tokenFile = settings.BULKHEAD_JOIN_TOKEN_FILE ?? join(settings.BULKHEAD_SERVICE_DIR, 'join-token');
  const vault = new VaultClient(settings.BULKHEAD_VAULT_URL);
  const open = () =>
    ProcessIdentity.open({
      kind,
      source: vault,
      kept: {
        file: new IdentityFile(settings.BULKHEAD_SERVICE_DIR),
        joinToken: new JoinTokenFile(tokenFile),
      },
    });
  const identity = await waitFor('the vault to enrol at', open, logger, { signal: stopping });
  runtime.onStop('identity', () => identity.close());
  identity.events.on('renewal-failed', (error) => logger.warn({ err: error }, 'renewal failed, tries again'));
  identity.onRenew((expiresAt) => logger.info({ expiresAt }, 'identity renewed'));

  const connection = await connectBus(settings.BULKHEAD_NATS_URL, identity, logger);
  showRenewedCredentials(connection, identity, logger);
  runtime.onStop('bus', () => connection.drain());
  runtime.health.add('bus', () => (connection.isClosed() ? 'the connection to the bus is closed' : null));
  const bus = natsBus(connection);
  return {
    identity,
    connection,
    bus,
    commands: new CommandBus(bus, identity.caller),
    dataKeys: { get: (scope) => vault.dataKey(scope, identity.tls) },
  };
}
