import { schedulerContracts } from '@bulkhead/contracts/events';
import {
  CommandBus,
  DataKeySealer,
  FeedPublisher,
  Journal,
  Leadership,
  ownPages,
  pagesHandler,
  PostgresFeedStore,
  PostgresJournalStore,
  PostgresLeadershipStore,
  PostgresReaderStore,
  PostgresRelayStore,
  Projector,
  Relay,
  remotePages,
  serveCommands,
  systemClock,
  systemRandom,
  type Bus,
  type Clock,
  type Database,
  type DataKeys,
  type Pages,
  type ProjectionDefinition,
  type StreamLimits,
  type Streams,
} from '@bulkhead/journal';
import { upkeepHandlers, type Logger, type RunningProjection, type Self } from '@bulkhead/platform';
import type { DataSource } from 'typeorm';
import { clearing, type CommandAccess, type Sender } from './access/clearing.js';
import { commandsOf } from './commands.js';
import { apiProjection } from './directory/api-projection.js';
import { directoryOf } from './directory/directory.js';
import { forgetDestroyedKeys } from './directory/forget-destroyed-keys.js';
import { vaultProjection } from './directory/vault-projection.js';
import { feed } from './feeds/feed.js';
import { machineFeeds } from './feeds/machine-feeds.js';
import { housekeeping } from './housekeeping.js';
import { BusHostCalls } from './hosts/host-calls.js';
import { Reconciler } from './reconcile/reconciler.js';
import { stateAt } from './history.js';
import { SCHEMA, type Scheduler } from './scheduler.js';

/** What the service stands on. */
export interface Foundations {
  readonly database: Database;
  readonly source: DataSource;
  readonly bus: Bus;
  readonly streams: Streams;
  readonly dataKeys: DataKeys;
  readonly logger: Pick<Logger, 'error' | 'warn' | 'info'>;
  readonly self: Self;
  readonly isBusUp: () => boolean;
  readonly hostLostAfterMs: number;
  readonly clock?: Clock;
  readonly leadershipMs?: number;
  readonly streamLimits?: StreamLimits;
}

/** One running copy of the scheduler. */
export interface SchedulerService {
  readonly scheduler: Scheduler;
  /** What keeps it from its work, or null. */
  problem(): string | null;
  /** Answers what it has taken, then ends its loops. */
  close(): Promise<void>;
}

interface Loop {
  run(signal: AbortSignal): Promise<void>;
}

/** Opens journal, relay, projections, feeds and reconciler, and answers commands. */
export function openService(on: Foundations): SchedulerService {
  const { database, source, bus, logger, clock = systemClock } = on;
  const store = new PostgresRelayStore(database, SCHEMA);
  const relay = openRelay(on, store);
  const sealer = new DataKeySealer(on.dataKeys);
  const journal = new Journal({
    service: 'scheduler',
    store: new PostgresJournalStore(database, SCHEMA),
    contracts: schedulerContracts,
    sealer,
    clock,
    committed: () => relay.wake(),
  });
  const hosts = new BusHostCalls(bus);
  const directory = directoryOf(source);
  const scheduler: Scheduler = { clock, journal, database, sealer, hosts };

  const feeds = new PostgresFeedStore(database, SCHEMA);
  const publisher = new FeedPublisher({ ...shared(on, 'feeds'), store: feeds });
  const commands = new CommandBus(bus, 'scheduler');
  const projections = [
    openProjection(on, machineFeeds(sealer), ownPages(store), publisher),
    openProjection(on, apiProjection, remotePages(commands, 'api')),
    openProjection(on, vaultProjection, remotePages(commands, 'vault')),
  ];
  const projectors = projections.map(({ projector }) => projector);
  const stopping = new AbortController();
  const forgetting = forgetDestroyedKeys(bus, sealer);
  const served = serveCommands<CommandAccess, Sender>({
    bus,
    service: 'scheduler',
    handlers: {
      ...commandsOf(scheduler),
      ...upkeepHandlers<CommandAccess, Sender>(
        {
          service: 'scheduler',
          schema: SCHEMA,
          database,
          store,
          streams: on.streams,
          ...(on.streamLimits ? { limits: on.streamLimits } : {}),
          relay,
          projections,
          self: on.self,
          now: () => clock.now(),
          stateAt: stateAt(journal),
          stopping: stopping.signal,
        },
        (action) => ({ by: 'user', action, on: 'platform' }),
      ),
      feed: feed(feeds),
      pages: pagesHandler<CommandAccess, Sender>(store, { by: 'service' }, ['api', 'audit', 'vault']),
    },
    clear: clearing(directory, () => clock.now()),
    report: (error, command) => logger.warn({ err: error, ...command }, 'a command failed'),
  });
  const forget = (error: unknown) => logger.warn({ err: error }, 'housekeeping');
  const keeping = housekeeping(journal, database, clock, forget);
  const end = run([relay, publisher, ...projectors, openReconciler(on, scheduler), keeping], logger);
  return {
    scheduler,
    problem: () =>
      projectors.map(({ status }) => (status.state === 'stopped' ? status.why : null)).find(Boolean) ?? null,
    async close() {
      stopping.abort(new Error('the service is stopping'));
      served.close();
      await served.drained();
      hosts.close();
      forgetting.close();
      await end();
    },
  };
}

/** Runs loops until the function that is returned is called. */
function run(loops: readonly Loop[], logger: Foundations['logger']): () => Promise<void> {
  const over = new AbortController();
  const running = loops.map((loop) =>
    loop.run(over.signal).catch((error: unknown) => logger.error({ err: error }, 'a loop ended')),
  );
  return async () => {
    over.abort(new Error('the service is stopping'));
    await Promise.all(running);
  };
}

/** What everything that has leadership is given. */
const shared = ({ database, bus, logger, clock, leadershipMs }: Foundations, what: string) => ({
  bus,
  leadership: new PostgresLeadershipStore(database, SCHEMA),
  ...(clock ? { clock } : {}),
  ...(leadershipMs === undefined ? {} : { leadershipMs }),
  report: (error: unknown) => logger.warn({ err: error }, what),
});

const openRelay = (on: Foundations, store: PostgresRelayStore): Relay =>
  new Relay({
    ...shared(on, 'relay'),
    service: 'scheduler',
    store,
    streams: on.streams,
    ...(on.streamLimits ? { limits: on.streamLimits } : {}),
    report: (problem) => on.logger[problem.kind === 'ahead' ? 'error' : 'warn']({ problem }, 'relay'),
  });

function openProjection(
  on: Foundations,
  definition: ProjectionDefinition,
  pages: Pages,
  publisher?: FeedPublisher,
): RunningProjection & { readonly projector: Projector } {
  const projector = new Projector(definition, {
    ...shared(on, definition.name),
    store: new PostgresReaderStore(on.database, SCHEMA),
    streams: on.streams,
    pages,
    ...(publisher ? { push: (changes) => publisher.push(changes) } : {}),
  });
  return { definition, projector, pages };
}

function openReconciler(on: Foundations, scheduler: Scheduler): Loop {
  const { clock = systemClock, hostLostAfterMs, isBusUp, logger, leadershipMs } = on;
  const reconciler = new Reconciler({
    scheduler,
    hostLostAfterMs,
    isBusUp,
    report: (error, about) => logger.warn({ err: error }, about),
  });
  const leadership = new Leadership({
    store: new PostgresLeadershipStore(on.database, SCHEMA),
    role: 'reconciler',
    holder: systemRandom.id(),
    clock,
    ...(leadershipMs === undefined ? {} : { ttlMs: leadershipMs }),
    report: (error) => logger.warn({ err: error }, 'reconciler'),
  });
  return { run: (signal) => leadership.lead(signal, (leader, term) => reconciler.run(leader, term)) };
}
