import { isHost, type IdentityKind } from '@bulkhead/pki';

/** How long a credential lives, in ms, by what holds it. */
export interface Lifetimes {
  readonly serviceMs: number;
  readonly hostMs: number;
}

const DAY_MS = 24 * 3600_000;

export const DEFAULT_LIFETIMES: Lifetimes = { serviceMs: DAY_MS, hostMs: 7 * DAY_MS };

/** Certificates of nats-server and Postgres, which a timer renews with a reload. */
export const SERVER_LIFETIME_MS = 90 * DAY_MS;

export const lifetimeOf = (kind: IdentityKind, { serviceMs, hostMs }: Lifetimes): number =>
  isHost(kind) ? hostMs : serviceMs;
