import type { MachineId } from '@bulkhead/domain';

/** Where an upstream connection goes. */
export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      /** Through the worker of the machine's host, over mutual TLS. */
      readonly kind: 'worker';
      readonly host: string;
      readonly port: number;
      /** The host's name in its certificate. */
      readonly worker: string;
      readonly machine: MachineId;
      readonly generation: { readonly epoch: number; readonly count: number };
      readonly internalPort: number;
    };

/** One service of one running instance: what a request can be sent to. */
export interface Backend {
  /** Never the same for two instances or ports. */
  readonly key: string;
  readonly machine: string;
  readonly instance: string;
  readonly region: string;
  readonly endpoint: Endpoint;
  /** Since when it has been one to route to: wall-clock time, in ms. */
  readonly since: number;
  /** Where its load is counted, see SharedLimits. */
  readonly slot: number;
  readonly softLimit: number;
  readonly hardLimit: number;
  /** Whether connections may be kept for another request: not where the app limits connections. */
  readonly pooled: boolean;
}

/** What an app answers with on one of the edge's ports. Without backends it answers 503. */
export interface Entrance {
  readonly forceHttps: boolean;
  readonly hsts: boolean;
  readonly backends: readonly Backend[];
}

export const ENTRIES = ['http', 'https'] as const;
/** The edge's two listeners; they stand for the service ports 80 and 443. */
export type Entry = (typeof ENTRIES)[number];

/** An app that exposes nothing on an entry has no entrance there, and is unknown to it. */
export interface AppRoutes {
  readonly app: string;
  readonly http: Entrance | undefined;
  readonly https: Entrance | undefined;
}
