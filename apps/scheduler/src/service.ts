import { schedulerContracts } from '@bulkhead/contracts/events';
import {
  CommandBus,
  DataKeySealer,
  FeedPublisher,
  Journal,
  Leadership,
  ownPages,
  pagesHandler,
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
  type JournalStores,
  type Pages,
  type ProjectionDefinition,
  type Random,
  type StreamLimits,
  type Streams,
} from '@bulkhead/journal';
import { upkeepHandlers, type Logger, type RunningProjection, type Self } from '@bulkhead/platform';
import { clearing, type CommandAccess, type Sender } from './access/clearing.js';
import { commandsOf } from './commands.js';
import { apiProjection } from './directory/api-projection.js';
import type { Directory } from './directory/directory.js';
import { forgetDestroyedKeys } from './directory/forget-destroyed-keys.js';
import { vaultProjection } from './directory/vault-projection.js';
import { edgeFeed } from './feeds/edge-feed.js';
import { feed } from './feeds/feed.js';
import { machineFeeds } from './feeds/machine-feeds.js';
import { housekeeping } from './housekeeping.js';
import { BusHostCalls } from './hosts/host-calls.js';
import { Reconciler } from './reconcile/reconciler.js';
import { stateAt } from './history.js';
import { keepAdopted } from './placement/keep-adopted.js';
import { SCHEMA, type Scheduler } from './scheduler.js';

/** What the service stands on. */
export interface Foundations {
  readonly database: Database;
  readonly stores: JournalStores;
  readonly directory: Directory;
  readonly bus: Bus;
  readonly streams: Streams;
  readonly dataKeys: DataKeys;
  readonly logger: Pick<Logger, 'error' | 'warn' | 'info'>;
  readonly self: Self;
  readonly isBusUp: () => boolean;
  readonly hostLostAfterMs: number;
  readonly clock?: Clock;
  readonly random?: Random;
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
  const { database, stores, directory, bus, logger, clock = systemClock, random = systemRandom } = on;
  const store = stores.relay;
  const relay = openRelay(on);
  const sealer = new DataKeySealer(on.dataKeys, clock, random);
  const journal = new Journal({
    service: 'scheduler',
    store: stores.journal,
    contracts: schedulerContracts,
    sealer,
    clock,
    random,
    committed: () => relay.wake(),
  });
  const hosts = new BusHostCalls(bus, clock);
  const scheduler: Scheduler = { clock, random, journal, database, sealer, hosts };

  const publisher = new FeedPublisher({ ...shared(on, 'feeds'), store: stores.feeds });
  const commands = new CommandBus(bus, 'scheduler', clock);
  const projections = [
    openProjection(on, machineFeeds(sealer), ownPages(store), publisher),
    openProjection(on, apiProjection, remotePages(commands, 'api', random)),
    openProjection(on, vaultProjection, remotePages(commands, 'vault', random)),
    openProjection(on, edgeFeed, remotePages(commands, 'vault', random), publisher),
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
          adopted: (aggregates) => keepAdopted(scheduler, aggregates),
          stopping: stopping.signal,
        },
        (action) => ({ by: 'user', action, on: 'platform' }),
      ),
      feed: feed(stores.feeds),
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
const shared = ({ stores, bus, logger, clock, random, leadershipMs }: Foundations, what: string) => ({
  bus,
  leadership: stores.leadership,
  ...(clock ? { clock } : {}),
  ...(random ? { random } : {}),
  ...(leadershipMs === undefined ? {} : { leadershipMs }),
  report: (error: unknown) => logger.warn({ err: error }, what),
});

const openRelay = (on: Foundations): Relay =>
  new Relay({
    ...shared(on, 'relay'),
    service: 'scheduler',
    store: on.stores.relay,
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
    store: on.stores.readers,
    streams: on.streams,
    pages,
    ...(publisher ? { push: (changes) => publisher.push(changes) } : {}),
  });
  return { definition, projector, pages };
}

function openReconciler(on: Foundations, scheduler: Scheduler): Loop {
  const { clock = systemClock, random = systemRandom, hostLostAfterMs, isBusUp, logger, leadershipMs } = on;
  const reconciler = new Reconciler({
    scheduler,
    hostLostAfterMs,
    isBusUp,
    report: (error, about) => logger.warn({ err: error }, about),
  });
  const leadership = new Leadership({
    store: on.stores.leadership,
    role: 'reconciler',
    holder: random.id(),
    clock,
    ...(leadershipMs === undefined ? {} : { ttlMs: leadershipMs }),
    report: (error) => logger.warn({ err: error }, 'reconciler'),
  });
  return { run: (signal) => leadership.lead(signal, (leader, term) => reconciler.run(leader, term)) };
}
