import { actor, streamName, type EventContracts, type Service } from '@bulkhead/contracts';
import {
  CommandBus,
  DataKeySealer,
  grantAccess,
  Journal,
  JOURNAL_ACCESS,
  migrateJournal,
  natsBus,
  natsStreams,
  ownPages,
  PostgresJournalStore,
  PostgresLeadershipStore,
  PostgresReaderStore,
  PostgresRelayStore,
  postgresDatabase,
  Projector,
  Relay,
  StreamMissing,
  type Bus,
  type Command,
  type Database,
  type ProjectionDefinition,
  type ProjectorOptions,
  type RelayOptions,
  type RelayProblem,
  type Streams,
} from '@bulkhead/journal';
import type { NatsConnection } from 'nats';
import { ORGANIZATION } from './account.js';
import { MemoryDataKeys } from './data-keys.js';
import type { TestNats } from './nats.js';
import type { TestDatabase } from './postgres.js';

/** Small enough for any test machine's disk. */
const LIMITS = { maxAgeMs: 7 * 86_400_000, maxBytes: 64 * 2 ** 20, replicas: 1 };
/** Leadership that a test can wait out, in ms. */
export const TEST_LEADERSHIP_MS = 1_000;

interface Runnable {
  run(signal: AbortSignal): Promise<void>;
}

/** A service's journal, migrated by its owner and opened as the service's role. */
export async function migratedJournal(test: TestDatabase, service: Service): Promise<Database> {
  const roles = await test.roles(service);
  const options = `-c search_path=${service}`;
  const pool = test.open({ user: userOf(roles.owner), options, max: 1 });
  const owner = postgresDatabase(pool);
  await migrateJournal(owner, { service, schema: service });
  await owner.transaction((tx) => grantAccess(tx, service, userOf(roles.service), JOURNAL_ACCESS));
  await pool.end();
  return postgresDatabase(test.open({ user: userOf(roles.service), options }));
}

const userOf = (url: string): string => new URL(url).username;

/** One service's journal with everything around it, over real Postgres and NATS. */
export class TestBackbone {
  readonly problems: RelayProblem[] = [];
  readonly errors: unknown[] = [];
  readonly keys: MemoryDataKeys;
  private readonly running = new Map<Runnable, () => Promise<unknown>>();
  private commands = 0;

  private constructor(
    readonly service: Service,
    readonly contracts: EventContracts,
    readonly database: Database,
    readonly connection: NatsConnection,
    readonly bus: Bus,
    readonly streams: Streams,
    keys: MemoryDataKeys | undefined,
  ) {
    this.keys = keys ?? new MemoryDataKeys();
  }

  static async start(options: {
    readonly service?: Service;
    readonly contracts: EventContracts;
    readonly database: TestDatabase;
    readonly nats: TestNats;
    readonly keys?: MemoryDataKeys;
  }): Promise<TestBackbone> {
    const { service = 'scheduler', contracts, nats, keys } = options;
    const database = await migratedJournal(options.database, service);
    const connection = await nats.connect(service);
    const streams = await natsStreams(connection, service);
    return new TestBackbone(service, contracts, database, connection, natsBus(connection), streams, keys);
  }

  get store(): PostgresRelayStore {
    return new PostgresRelayStore(this.database, this.service);
  }

  /** A copy of the service's write side. */
  journal(relay?: Relay): Journal {
    return new Journal({
      service: this.service,
      store: new PostgresJournalStore(this.database, this.service),
      contracts: this.contracts,
      sealer: new DataKeySealer(this.keys),
      committed: () => relay?.wake(),
    });
  }

  /** Content and id of a command by default, both new each time. */
  command(parts: Partial<Command> = {}): Command {
    const id = parts.id ?? `command-${++this.commands}`;
    return {
      id,
      content: parts.content ?? id,
      actor: actor.parse({ kind: 'service', id: this.service }),
      organization: ORGANIZATION,
      now: new Date(),
      ...parts,
    };
  }

  relay(overrides: Partial<RelayOptions> = {}): Relay {
    const relay = new Relay({
      service: this.service,
      store: this.store,
      leadership: new PostgresLeadershipStore(this.database, this.service),
      bus: this.bus,
      streams: this.streams,
      limits: LIMITS,
      leadershipMs: TEST_LEADERSHIP_MS,
      report: (problem) => this.problems.push(problem),
      ...overrides,
    });
    return this.run(relay);
  }

  projector(definition: ProjectionDefinition, overrides: Partial<ProjectorOptions> = {}): Projector {
    const projector = new Projector(definition, {
      store: new PostgresReaderStore(this.database, this.service),
      leadership: new PostgresLeadershipStore(this.database, this.service),
      bus: this.bus,
      streams: this.streams,
      pages: ownPages(this.store),
      leadershipMs: TEST_LEADERSHIP_MS,
      report: (error) => this.errors.push(error),
      ...overrides,
    });
    return this.run(projector);
  }

  commandBus(caller: string): CommandBus {
    return new CommandBus(this.bus, caller);
  }

  /** Whether the service's stream holds what has this position in the journal. */
  async hasCarried(position: number): Promise<boolean> {
    try {
      return (await this.streams.get(streamName(this.service), position)) !== null;
    } catch (error) {
      if (error instanceof StreamMissing) return false;
      throw error;
    }
  }

  /** Ends a relay or projector that this backbone runs, and waits until it has. */
  async end(what: Runnable): Promise<void> {
    await this.running.get(what)?.();
    this.running.delete(what);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.running.keys()].map((what) => this.end(what)));
  }

  run<T extends Runnable>(what: T): T {
    const over = new AbortController();
    const ended = what.run(over.signal).catch((error: unknown) => this.errors.push(error));
    this.running.set(what, () => {
      over.abort();
      return ended;
    });
    return what;
  }
}
