import { apiContracts } from '@bulkhead/contracts/events';
import {
  DataKeySealer,
  Journal,
  ownPages,
  PostgresJournalStore,
  PostgresLeadershipStore,
  PostgresReaderStore,
  PostgresRelayStore,
  Projector,
  refusalKeeper,
  Relay,
  remotePages,
  Seen,
  systemClock,
  type Bus,
  type Clock,
  type CommandBus,
  type Database,
  type DataKeys,
  type Pages,
  type ProjectionDefinition,
  type RelayStore,
  type StreamLimits,
  type Streams,
} from '@bulkhead/journal';
import type { Logger, RunningProjection, Self, Upkept } from '@bulkhead/platform';
import type { DataSource } from 'typeorm';
import type { Api, ApiSettings } from './api.js';
import { stateAt } from './history.js';
import type { Images } from './images/images.js';
import type { LogReader } from './logs/log-reader.js';
import { placedLines } from './logs/placed-lines.js';
import { placementsOf } from './logs/placements.js';
import { apiProjection } from './read-model/api-projection.js';
import { Changes } from './read-model/changes.js';
import { followChanges } from './read-model/follow-changes.js';
import { liveFreshness } from './read-model/live-freshness.js';
import { schedulerProjection } from './read-model/scheduler-projection.js';
import { targetsOf } from './read-model/targets.js';
import type { RegistryVault } from './registries/registry-vault.js';
import { tokenDirectory } from './tokens/token-directory.js';

export const SCHEMA = 'api';

/** What the service stands on. */
export interface Foundations {
  readonly database: Database;
  readonly source: DataSource;
  readonly bus: Bus;
  readonly streams: Streams;
  readonly commands: CommandBus;
  readonly dataKeys: DataKeys;
  readonly images: Images;
  readonly registryVault: RegistryVault;
  readonly logs: LogReader;
  readonly settings: ApiSettings;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly leadershipMs?: number;
  readonly streamLimits?: StreamLimits;
}

/** The running service behind its HTTP side. */
export interface ApiService {
  readonly api: Api;
  readonly journal: Journal;
  /** The journal as other services read it. */
  readonly pages: RelayStore;
  /** What its operator looks after. */
  upkept(self: Self): Upkept;
  /** What keeps it from its work, or null. */
  problem(): string | null;
  /** Ends its loops and listeners. */
  close(): Promise<void>;
}

/** Opens journal, relay and projections, and runs them. */
export function openService(on: Foundations): ApiService {
  const { database, source, bus, clock = systemClock } = on;
  const over = new AbortController();
  const relay = openRelay(on);
  const sealer = new DataKeySealer(on.dataKeys);
  const journal = new Journal({
    service: 'api',
    store: new PostgresJournalStore(database, SCHEMA),
    contracts: apiContracts,
    sealer,
    clock,
    committed: () => relay.wake(),
  });
  const pages = new PostgresRelayStore(database, SCHEMA);
  const projections = [
    openProjection(on, apiProjection, ownPages(pages)),
    openProjection(on, schedulerProjection, remotePages(on.commands, 'scheduler')),
  ];
  const projectors = projections.map(({ projector }) => projector);
  const announced = {
    api: new Seen(bus, apiProjection.name, clock),
    scheduler: new Seen(bus, schedulerProjection.name, clock),
  };
  const changes = new Changes();
  const following = followChanges(bus, changes, {
    api: apiProjection.name,
    scheduler: schedulerProjection.name,
  });
  const keeper = refusalKeeper(journal, clock, (error) => on.logger.warn({ err: error }, 'old refusals'));
  const running = [relay, keeper, ...projectors].map((loop) => loop.run(over.signal));
  return {
    api: {
      clock,
      tokens: tokenDirectory(source),
      targets: targetsOf(source),
      source,
      database,
      journal,
      bus: on.commands,
      sealer,
      images: on.images,
      registryVault: on.registryVault,
      freshness: liveFreshness(database, announced),
      changes,
      logs: placedLines(on.logs, placementsOf(database), (host, lines) =>
        on.logger.warn({ host, lines }, 'a host sent output of machines it never had'),
      ),
      settings: on.settings,
    },
    journal,
    pages,
    upkept: (self) => ({
      service: 'api',
      schema: SCHEMA,
      database,
      store: pages,
      streams: on.streams,
      ...(on.streamLimits ? { limits: on.streamLimits } : {}),
      relay,
      projections,
      self,
      now: () => clock.now(),
      stateAt: stateAt(journal),
      stopping: over.signal,
    }),
    problem: () =>
      projectors.map(({ status }) => (status.state === 'stopped' ? status.why : null)).find(Boolean) ?? null,
    async close() {
      over.abort(new Error('the service is stopping'));
      for (const listener of [following, announced.api, announced.scheduler]) listener.close();
      await Promise.allSettled(running);
    },
  };
}

const timing = ({ leadershipMs }: Foundations) => (leadershipMs === undefined ? {} : { leadershipMs });

function openRelay(on: Foundations): Relay {
  const { database, bus, streams, logger } = on;
  return new Relay({
    service: 'api',
    store: new PostgresRelayStore(database, SCHEMA),
    leadership: new PostgresLeadershipStore(database, SCHEMA),
    bus,
    streams,
    ...timing(on),
    ...(on.streamLimits ? { limits: on.streamLimits } : {}),
    report: (problem) => logger[problem.kind === 'ahead' ? 'error' : 'warn']({ problem }, 'relay'),
  });
}

function openProjection(
  on: Foundations,
  definition: ProjectionDefinition,
  pages: Pages,
): RunningProjection & { readonly projector: Projector } {
  const { database, bus, streams, logger } = on;
  const projector = new Projector(definition, {
    store: new PostgresReaderStore(database, SCHEMA),
    leadership: new PostgresLeadershipStore(database, SCHEMA),
    bus,
    streams,
    pages,
    ...timing(on),
    report: (error) => logger.warn({ err: error, projection: definition.name }, 'projection'),
  });
  return { definition, projector, pages };
}
