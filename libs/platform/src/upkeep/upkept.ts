import type { Service } from '@bulkhead/contracts';
import type {
  Database,
  Pages,
  Projector,
  ProjectionDefinition,
  Reactor,
  Relay,
  RelayStore,
  StreamLimits,
  Streams,
  Versioned,
} from '@bulkhead/journal';
import type { Self } from './self.js';

/** A projection as it runs here. */
export interface RunningProjection {
  readonly definition: ProjectionDefinition;
  readonly projector: Pick<Projector, 'status' | 'retry'>;
  readonly pages: Pages;
}

export type At = { readonly position: number } | { readonly time: Date };

/** A service as its upkeep sees it: its journal, what carries it and what reads others'. */
export interface Upkept {
  readonly service: Service;
  /** Where journal, readers and projections lie. */
  readonly schema: string;
  readonly database: Database;
  readonly store: RelayStore;
  readonly streams: Streams;
  readonly limits?: StreamLimits;
  readonly relay: Pick<Relay, 'status'>;
  readonly projections: readonly RunningProjection[];
  /** By name. */
  readonly reactors?: Readonly<Record<string, Pick<Reactor, 'retry'>>>;
  readonly self: Self;
  readonly now: () => Date;
  /** An aggregate from this journal's events up to then; null for a type it doesn't have. */
  stateAt?(
    type: string,
    id: string,
    at: At,
  ): Promise<(Versioned<unknown> & { readonly position: number }) | null>;
  /** Brings the service's own tables in line with aggregates (`<type>/<id>`) of which events were taken in past its commands. */
  adopted?(aggregates: readonly string[]): Promise<void>;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}
