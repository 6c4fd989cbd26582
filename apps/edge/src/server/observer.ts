import type { TraceContext } from '../proxy/trace.js';

/** One request as logs and metrics see it. */
export interface RequestRecord {
  readonly requestId: string;
  readonly trace: TraceContext;
  readonly app: string;
  readonly machine: string | undefined;
  readonly method: string;
  /** What the client was answered; 0 where the connection was cut before an answer. */
  readonly status: number;
  /** Stable code of what went wrong, see Refusal. */
  readonly fault: string | undefined;
  readonly seconds: number;
  readonly bytesOut: number;
}

/** What the data plane tells about itself. */
export interface Observer {
  connectionOpened(): void;
  connectionClosed(): void;
  requestStarted(): void;
  requestEnded(record: RequestRecord): void;
  upstreamConnected(seconds: number): void;
  upstreamUnreachable(): void;
  /** Something refused before it was a request of an app. */
  refused(reason: string): void;
}
