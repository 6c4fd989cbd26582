import type { Service } from '@bulkhead/contracts';

/** A message that a reactor could not handle. */
export interface ParkedMessage {
  readonly reader: string;
  readonly position: number;
  readonly envelope: string;
  readonly aggregate: string;
  readonly error: string;
  readonly at: Date;
}

/** How far reactors are, should their stream go, and what they parked. */
export interface ReactorStore {
  /** The position up to which a reactor has handled everything; `start` for one that is new. */
  place(reactor: string, journal: Service, start: () => Promise<number>): Promise<number>;
  /** Never moves it back. */
  save(reactor: string, position: number): Promise<void>;
  park(message: Omit<ParkedMessage, 'at'>): Promise<void>;
  parkedMessages(reactor?: string): Promise<readonly ParkedMessage[]>;
  /** False where it isn't parked. */
  discardMessage(reactor: string, position: number): Promise<boolean>;
}
