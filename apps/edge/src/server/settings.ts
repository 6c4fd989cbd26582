/** Time limits of the data plane, in ms. */
export interface TimeLimits {
  /** From the first byte of a connection, or of a head, to the head's end. */
  readonly head: number;
  /** Between two requests of a connection. */
  readonly idle: number;
  /** Between two pieces of a request's body. */
  readonly body: number;
  /** How long a client may take nothing while bytes wait for it. */
  readonly clientStall: number;
  /** How long a backend may say or take nothing while it is waited for. */
  readonly upstream: number;
  /** How long nothing may pass through a tunnel. */
  readonly tunnel: number;
  /** How long a refused client is listened to before its connection is cut, so that it can read why. */
  readonly linger: number;
}

export const DEFAULT_TIME_LIMITS: TimeLimits = {
  head: 10_000,
  idle: 60_000,
  body: 30_000,
  clientStall: 60_000,
  upstream: 60_000,
  tunnel: 3_600_000,
  linger: 2_000,
};

/** Bytes of a request head. Backends commonly take 16 KiB, ours included. */
export const MAX_REQUEST_HEAD = 16 * 1024;
export const MAX_RESPONSE_HEAD = 64 * 1024;
/** Bytes of pipelined requests held while one is served. */
export const MAX_PIPELINED = 64 * 1024;
/** Interim responses to one request. */
export const MAX_INTERIM = 16;
