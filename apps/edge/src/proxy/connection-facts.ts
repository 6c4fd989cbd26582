import type { Entry } from '../routing/routes.js';

/** What is known of a client's connection, whatever it asks. */
export interface ConnectionFacts {
  readonly entry: Entry;
  /** The port that clients see, for redirects and X-Forwarded-Port. */
  readonly publicPort: number;
  readonly peerAddress: string;
  /** A configured proxy in front of this edge: what it says about the client is believed. */
  readonly isPeerTrusted: boolean;
  /** The app that TLS was set up for; undefined without TLS. */
  readonly tlsApp: string | undefined;
}
