import type { RouteChange } from '../routing/route-book.js';

/** Where routes come from: the scheduler's feed, a file, a test. */
export interface RouteSource {
  /**
   * Reports a snapshot as soon as there is one, then every change in order. Resolves once it follows, not when there is
   * something to report: the edge works from its own copy meanwhile.
   */
  start(report: (change: RouteChange) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Nest's token for the source of this process. */
export const ROUTE_SOURCE = Symbol('RouteSource');
