import type { ByteSink } from '../http1/body-encoder.js';

/** Who gets a client's bytes while a request is served: the exchange, or the tunnel it became. */
export interface Conversation {
  /** Whether it takes no more bytes: what follows belongs to the next request. */
  readonly hasWholeRequest: boolean;
  /** Takes bytes from `chunk[from..]`; returns the offset of the first byte not taken, `from` where there is no room now. */
  take(chunk: Buffer, from: number): number;
  clientDrained(): void;
  /** The client says nothing more; it may still be listening. */
  clientEnded(): void;
  clientClosed(): void;
  /** The client has let its time pass, sending or taking nothing. */
  clientStalled(): void;
}

/** A client's connection, as a conversation may use it. */
export interface ClientPort extends ByteSink {
  /** What is written until `uncork` leaves together. */
  cork(): void;
  /** False asks to wait for room, as `write` does. */
  uncork(): boolean;
  end(): void;
  /** There is room again: hand over what waits. */
  pull(): void;
  /** The response is complete; `reusable` says whether the connection carries another request. */
  finished(reusable: boolean): void;
  /** Replaces the exchange by the tunnel it became. */
  become(conversation: Conversation): void;
  /** Cuts the connection: the only honest end of a response that broke off. */
  abort(): void;
}
