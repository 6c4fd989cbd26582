import type { Heard } from './conversation.js';
import type { FieldLine, ReadMessage } from './reader.js';
import type { Recording } from './recorder.js';
import type { Answer } from './responses.js';

export type PeerName = 'nginx' | 'haproxy' | 'llhttp';

/** A request as the backend behind a participant came to know it. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  /** Lower-case names; those that each proxy says for itself are left out. */
  readonly fields: readonly FieldLine[];
  readonly framing: ReadMessage['framing'];
  readonly body: string;
}

/** What became of a client's bytes. */
export interface RequestView {
  readonly requests: readonly SeenRequest[];
  /** Statuses the client got, final ones only. */
  readonly statuses: readonly number[];
  readonly end: Heard['end'];
  /** The edge's code for what it refused. */
  readonly refusal: string | undefined;
  readonly heard: string;
  readonly recordings: readonly Recording[];
}

/** What became of a backend's answer. */
export interface ResponseView {
  readonly interims: readonly number[];
  readonly response: SeenResponse | undefined;
  /**
   * What the client's next request on the connection was answered with; undefined where the connection was closed
   * before, unknown of one that is the client itself.
   */
  readonly next: string | undefined;
  readonly end: Heard['end'];
  /** Where the first response, interim ones included, stands in what the client heard; undefined where it isn't whole. */
  readonly wire: string | undefined;
}

export interface SeenResponse {
  readonly status: number;
  readonly fields: readonly FieldLine[];
  /** Unknown of one that is the client itself. */
  readonly framing: ReadMessage['framing'] | 'unknown';
  readonly body: string;
  readonly isComplete: boolean;
}

/** One of those whose reading is compared. Each lane handles one message at a time. */
export interface Participant {
  requests(lane: number, text: string): Promise<RequestView>;
  responses(lane: number, answer: Answer): Promise<ResponseView>;
  stop(): Promise<void>;
}

/** Names of one length, so that a message for one lane is that of another but for the name. */
export const LANES = ['alder', 'birch', 'cedar', 'maple', 'aspen', 'hazel'] as const;
export const DOMAIN = 'peers.localhost';
export const hostOf = (lane: number): string => `${LANES[lane] ?? ''}.${DOMAIN}`;

/** Fields that mean one connection, or that a proxy says of itself: what's compared is what the other side said. */
const OF_ITS_OWN: ReadonlySet<string> = new Set([
  ...[
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'upgrade',
    'expect',
    'content-length',
    'transfer-encoding',
  ],
  ...[
    'fly-client-ip',
    'fly-forwarded-port',
    'fly-region',
    'fly-request-id',
    'traceparent',
    'via',
    'server',
    'date',
  ],
  ...['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port'],
]);

export const withoutItsOwn = (fields: readonly FieldLine[]): FieldLine[] =>
  fields.filter(([name]) => !OF_ITS_OWN.has(name)).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

export const seenRequest = ({ startLine, fields, framing, body }: ReadMessage): SeenRequest => ({
  method: startLine[0],
  target: startLine[1],
  fields: withoutItsOwn(fields),
  framing,
  body,
});
