import {
  CommandBus,
  natsBus,
  natsStreams,
  PostgresLeadershipStore,
  PostgresRelayStore,
  Relay,
  serveCommands,
  type Database,
} from '@bulkhead/journal';
import type { ProcessIdentity } from '@bulkhead/pki';
import {
  connectBus,
  showRenewedCredentials,
  upkeepHandlers,
  type Logger,
  type Self,
} from '@bulkhead/platform';
import type { NatsConnection } from 'nats';
import { placementsBy } from '../registries/placements.js';
import { SCHEMA, type Vault } from '../vault.js';
import type { VaultAccess } from './handler.js';
import { vaultHandlers } from './handlers.js';

export interface BusSideOptions {
  readonly vault: Vault;
  readonly database: Database;
  readonly identity: ProcessIdentity;
  readonly url: string;
  readonly self: Self;
  readonly logger: Logger;
}

/** What the vault does once there is a bus: answer commands and carry its journal. It waits for the bus as long as it takes. */
export class BusSide {
  private readonly stopping = new AbortController();
  private connection: NatsConnection | undefined;
  private relay: Relay | undefined;
  private readonly running: Promise<void>;

  constructor(private readonly options: BusSideOptions) {
    this.running = this.run();
  }

  /** Null once it works. */
  problem(): string | null {
    if (!this.connection) return 'waiting for the bus';
    return this.connection.isClosed() ? 'the connection to the bus is closed' : null;
  }

  /** Something was committed. Before there is a bus nothing is lost: the relay catches up. */
  wake(): void {
    this.relay?.wake();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.connection?.drain();
    if (this.connection) await this.running;
  }

  private async run(): Promise<void> {
    const { vault, database, identity, url, logger, self } = this.options;
    const connection = await connectBus(url, identity, logger);
    if (this.stopping.signal.aborted) return connection.close();
    this.connection = connection;
    showRenewedCredentials(connection, identity, logger);
    const bus = natsBus(connection);
    const store = new PostgresRelayStore(database, SCHEMA);
    const streams = await natsStreams(connection, identity.caller);
    const relay = new Relay({
      service: 'vault',
      store,
      leadership: new PostgresLeadershipStore(database, SCHEMA),
      bus,
      streams,
      report: (problem) => logger.warn(problem, 'relay'),
    });
    this.relay = relay;
    const placements = placementsBy(new CommandBus(bus, identity.caller));
    const served = serveCommands<VaultAccess, null>({
      bus,
      service: 'vault',
      handlers: {
        ...vaultHandlers(vault, store, placements),
        ...upkeepHandlers<VaultAccess, null>(
          {
            service: 'vault',
            schema: SCHEMA,
            database,
            store,
            streams,
            relay,
            projections: [],
            self,
            now: vault.now,
            stopping: this.stopping.signal,
          },
          () => 'callers alone',
        ),
      },
      clear: () => null,
      report: (error, command) => logger.error({ err: error, ...command }, 'a command failed'),
    });
    await relay.run(this.stopping.signal);
    served.close();
    await served.drained();
  }
}
