import 'reflect-metadata';
import { newToken, hashToken } from '@bulkhead/auth';
import {
  appAggregate,
  identityAggregate,
  tokenAggregate,
  type AppId,
  type Decider,
  type DomainEvent,
  type OrganizationId,
} from '@bulkhead/domain';
import { newAppId, newId, newOrganizationId, newTokenId } from '@bulkhead/contracts';
import { apiContracts } from '@bulkhead/contracts/events';
import { vaultContracts } from '@bulkhead/contracts/events/vault';
import {
  CommandBus,
  DataKeySealer,
  natsBus,
  natsStreams,
  pagesHandler,
  postgresStores,
  sealLeaves,
  serveCommands,
  systemClock,
  type Clock,
  type CommandAnswer,
  type Database,
  type Journal,
  type Subscription,
} from '@bulkhead/journal';
import { createLogger, migrateStorage, openStorage, type Storage } from '@bulkhead/platform';
import {
  eventually,
  MemoryDataKeys,
  startNats,
  startPostgres,
  TEST_LEADERSHIP_MS,
  TestBackbone,
  type TestDatabase,
  type TestNats,
  type TestPostgres,
} from '@bulkhead/testing';
import { z } from 'zod';
import { directoryOf } from '../directory/directory.js';
import { SCHEMA } from '../scheduler.js';
import { openService, type SchedulerService } from '../service.js';
import { STORAGE } from '../storage/storage.js';

const traced = z.object({ trace: z.string().optional() });
const LIMITS = { maxAgeMs: 86_400_000, maxBytes: 16 * 2 ** 20, replicas: 1 };

/** Another service's journal, carried and readable, for the scheduler to follow. */
interface Neighbour {
  readonly backbone: TestBackbone;
  readonly journal: Journal;
  readonly serving: Subscription;
}

/** The scheduler with real Postgres and NATS, and the journals of api and vault that it follows. */
export class World {
  readonly keys = new MemoryDataKeys();
  readonly organization: OrganizationId = newOrganizationId();
  readonly token = newToken();
  readonly problems: unknown[] = [];
  private readonly copies: SchedulerService[] = [];
  private neighbours: Neighbour[] = [];
  private numbers = 0;

  private constructor(
    readonly postgres: TestPostgres,
    readonly nats: TestNats,
    readonly testDatabase: TestDatabase,
    private readonly storage: Storage,
  ) {}

  get database(): Database {
    return this.storage.database;
  }

  static async start(): Promise<World> {
    const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
    const testDatabase = await postgres.database();
    const { owner, service } = await testDatabase.roles(SCHEMA);
    const logger = createLogger('test', 'fatal');
    await migrateStorage(STORAGE, owner, logger);
    const world = new World(postgres, nats, testDatabase, await openStorage(STORAGE, service, logger));
    world.neighbours = await Promise.all([
      world.neighbour('api', apiContracts),
      world.neighbour('vault', vaultContracts),
    ]);
    await world.allow(world.token, {
      kind: 'organization',
      organization: world.organization,
      access: 'full',
    });
    return world;
  }

  async stop(): Promise<void> {
    await Promise.all(this.copies.map((copy) => copy.close()));
    for (const { backbone, serving } of this.neighbours) {
      serving.close();
      await backbone.stop();
    }
    await this.storage.close();
    await Promise.all([this.postgres.stop(), this.nats.stop()]);
  }

  /** Starts one more copy of the scheduler. */
  async scheduler({
    clock = systemClock,
    hostLostAfterMs = 90_000,
  }: { clock?: Clock; hostLostAfterMs?: number } = {}) {
    const connection = await this.nats.connect('scheduler');
    const say = (details: unknown) => void this.problems.push(details);
    const copy = openService({
      database: this.database,
      stores: postgresStores(this.database, SCHEMA),
      directory: directoryOf(this.storage.source),
      bus: natsBus(connection),
      streams: await natsStreams(connection, 'scheduler'),
      dataKeys: this.keys,
      logger: { error: say, warn: say, info: () => undefined },
      self: { certificateExpiresAt: () => new Date(Date.now() + 86_400_000), waitingFor: async () => ({}) },
      isBusUp: () => !connection.isClosed(),
      hostLostAfterMs,
      clock,
      leadershipMs: TEST_LEADERSHIP_MS,
      streamLimits: LIMITS,
    });
    this.copies.push(copy);
    return copy;
  }

  /** Ends one copy, as an upgrade does. */
  async end(copy: SchedulerService): Promise<void> {
    this.copies.splice(this.copies.indexOf(copy), 1);
    await copy.close();
  }

  /** Creates an app of the organization, as the api does. */
  async app(name = `app-${++this.numbers}`): Promise<AppId> {
    const app = newAppId();
    const number = ++this.numbers;
    await this.decide('api', appAggregate, app, {
      type: 'create',
      app,
      organization: this.organization,
      name,
      number,
      network: 'default',
      networkId: 7,
    });
    return app;
  }

  /** Deletes an app, as the api does once it knows of no machines. */
  endApp(app: AppId): Promise<void> {
    return this.decide('api', appAggregate, app, { type: 'delete' });
  }

  /** Makes a token valid. */
  async allow(token: string, scope: z.input<typeof scopeShape>): Promise<void> {
    const id = newTokenId();
    const create = {
      token: id,
      name: 'test',
      scope: scopeShape.parse(scope),
      sha256: hashToken(token),
      expiresAt: null,
    };
    await this.decide('api', tokenAggregate, id, { type: 'create', ...create });
  }

  /** Lets a host in, as the vault does. */
  enrol(kind: string, name: string, sealKey: string | null): Promise<void> {
    return this.decide('vault', identityAggregate, `${kind}/${name}`, {
      type: 'enroll',
      kind,
      name,
      joinToken: newId(),
      sealKey,
    });
  }

  /** Ends a host's identity, as the vault does. */
  endIdentity(kind: string, name: string): Promise<void> {
    return this.decide('vault', identityAggregate, `${kind}/${name}`, { type: 'remove', reason: 'stolen' });
  }

  /** Seals what is plain in a value for the organization, as the api does. */
  seal(value: unknown): Promise<unknown> {
    return sealLeaves(new DataKeySealer(this.keys), this.organization, value);
  }

  /** Sends a command as the api does for a user. */
  async command<Result>(
    name: string,
    input: Readonly<Record<string, unknown>>,
    result: z.ZodType<Result>,
    { id = newId(), credential = this.token }: { id?: string; credential?: string | undefined } = {},
  ): Promise<CommandAnswer<Result>> {
    const bus = await this.commands('api');
    return bus.command('scheduler', name, { id, credential, input }, result);
  }

  /** The way on the bus of one identity. */
  async commands(caller: string): Promise<CommandBus> {
    const known =
      this.buses.get(caller) ?? this.nats.connect(caller).then((nc) => new CommandBus(natsBus(nc), caller));
    this.buses.set(caller, known);
    return known;
  }
  private readonly buses = new Map<string, Promise<CommandBus>>();

  /** Types of the events of one aggregate, in order. */
  async eventsOf(aggregate: string): Promise<string[]> {
    const rows = await this.database.query<{ body: Buffer }>(
      'select body from envelope where aggregate = $1 order by version',
      [aggregate],
    );
    return rows.flatMap(({ body }) =>
      eventTypes.parse(JSON.parse(body.toString())).events.map(({ type }) => type),
    );
  }

  /** Of each of an aggregate's envelopes. */
  async tracesOf(aggregate: string): Promise<(string | undefined)[]> {
    const rows = await this.database.query<{ body: Buffer }>(
      'select body from envelope where aggregate = $1 order by version',
      [aggregate],
    );
    return rows.map(({ body }) => traced.parse(JSON.parse(body.toString())).trace);
  }

  eventually<T>(probe: () => Promise<T | undefined | false | null>): Promise<T> {
    return eventually(probe, {
      describe: () => `not so: ${this.problems.map((problem) => JSON.stringify(problem, errors)).join('\n')}`,
    });
  }

  private async decide<State, Command, Event extends DomainEvent>(
    service: 'api' | 'vault',
    decider: Decider<State, Command, Event>,
    id: string,
    command: Command,
  ): Promise<void> {
    const neighbour = this.neighbours.find(({ backbone }) => backbone.service === service);
    if (!neighbour) throw new Error(`there is no ${service}`);
    const { backbone, journal } = neighbour;
    await journal.execute(backbone.command({ id: newId(), organization: 'platform' }), async (decision) => {
      const loaded = await decision.load(decider, id);
      decision.append(loaded, decider.decide(command, loaded.state));
      return null;
    });
  }

  private async neighbour(service: 'api' | 'vault', contracts: typeof apiContracts): Promise<Neighbour> {
    const { testDatabase, nats, keys } = this;
    const backbone = await TestBackbone.start({ service, contracts, database: testDatabase, nats, keys });
    const serving = serveCommands<null, null>({
      bus: backbone.bus,
      service,
      handlers: { pages: pagesHandler<null, null>(backbone.store, null, ['scheduler']) },
      clear: () => null,
    });
    return { backbone, journal: backbone.journal(backbone.relay()), serving };
  }
}

const scopeShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('platform') }),
  z.object({
    kind: z.literal('organization'),
    organization: z.string().transform((id) => id as OrganizationId),
    access: z.enum(['full', 'read']),
  }),
]);

const eventTypes = z.object({ events: z.array(z.object({ type: z.string() })) });

const errors = (_key: string, value: unknown) =>
  value instanceof Error ? `${value.name}: ${value.message}` : value;
