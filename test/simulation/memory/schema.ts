import type { Answer, Leader, NewEnvelope, Recorded } from '@bulkhead/journal';
import type { Transaction } from './transaction.js';

export type TableRow = Readonly<Record<string, unknown>>;

export interface StoredEnvelope extends NewEnvelope {
  /** In the order of commits. */
  readonly seq: number;
}

interface Held extends Leader {
  readonly until: number;
}

/** One service's committed data: its journal, and rows of its tables by their keys. */
export class Schema {
  readonly envelopes: StoredEnvelope[] = [];
  readonly byAggregate = new Map<string, StoredEnvelope[]>();
  readonly commands = new Map<string, Answer & { readonly at: Date }>();
  readonly recorded: Recorded[] = [];
  readonly epochs: { readonly epoch: string; readonly lastPosition: number }[] = [];
  readonly leadership = new Map<string, Held>();
  readonly locks = new Map<string, Transaction>();
  pending: StoredEnvelope[] = [];
  /** Told of each commit of envelopes, at its moment. */
  committed: (envelopes: readonly StoredEnvelope[]) => void = () => undefined;
  /** Told of who gives positions. */
  gavePositions: (leader: Leader) => void = () => undefined;
  private readonly tables = new Map<string, Map<string, TableRow>>();

  constructor(
    readonly name: string,
    readonly now: () => Date,
  ) {}

  table(name: string): Map<string, TableRow> {
    const known = this.tables.get(name) ?? new Map<string, TableRow>();
    this.tables.set(name, known);
    return known;
  }

  leads({ role, holder, term }: Leader): boolean {
    const held = this.leadership.get(role);
    return held?.holder === holder && held.term === term && held.until > this.now().getTime();
  }
}
