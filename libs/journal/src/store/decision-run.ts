import { fold, type Aggregate, type DomainEvent } from '@bulkhead/domain';
import {
  aggregateRef,
  LIMITS,
  toTimestamp,
  type EventOfAnyType,
  type OrganizationScope,
  type Service,
  type Touched,
} from '@bulkhead/contracts';
import type { EventCodec } from '../events/decode.js';
import type { Random } from '../ports/random.js';
import type { Row, SqlValue } from '../ports/sql.js';
import { sealLeaves } from '../seal/leaves.js';
import type { Sealer } from '../seal/sealer.js';
import { encodeBody } from './body.js';
import type { Contention } from './contention.js';
import type { Command, Decision, Loaded } from './decision.js';
import { replayBodies, type StateCache, type Versioned } from './states.js';
import type { JournalStore, NewEnvelope, Work } from './store.js';

interface Parts {
  readonly service: Service;
  readonly store: JournalStore;
  readonly work: Work;
  readonly codec: EventCodec;
  readonly sealer: Sealer;
  readonly random: Random;
  readonly cache: StateCache;
  readonly contention: Contention;
  readonly command: Command;
  /** Whether this run holds the aggregates it was beaten on; only one that holds nothing may wait for others. */
  readonly holding: boolean;
}

interface Appended {
  readonly loaded: Loaded<unknown, DomainEvent>;
  readonly events: readonly DomainEvent[];
  readonly organization: OrganizationScope;
}

interface Wanted {
  readonly aggregate: string;
  readonly after: number;
  readonly resolve: (bodies: Buffer[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What is to be committed, and what to remember once it is. */
interface Ready {
  readonly envelopes: readonly NewEnvelope[];
  readonly touched: readonly Touched[];
  readonly remember: () => void;
}

/** One time that a command is decided. */
export class DecisionRun implements Decision {
  private readonly appended = new Map<string, Appended>();
  private wanted: Wanted[] = [];

  constructor(private readonly parts: Parts) {}

  async load<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
  ): Promise<Loaded<State, Event>> {
    const { type } = aggregateRef.parse({ type: aggregate.type, id });
    const key = `${type}/${id}`;
    const { codec, cache } = this.parts;
    // The cache holds under a type's key only what this very evolve made.
    const known = (cache.get(key) as Versioned<State> | undefined) ?? {
      state: fold(aggregate, []),
      version: 0,
    };
    const bodies = await this.bodiesAfter(key, known.version);
    const now = replayBodies(aggregate, codec, known, bodies);
    if (bodies.length > 0) cache.put(key, now);
    return { aggregate, id, ...now };
  }

  append<State, Event extends DomainEvent>(
    loaded: Loaded<State, Event>,
    events: readonly Event[],
    organization: OrganizationScope = this.parts.command.organization,
  ): void {
    if (events.length === 0) return;
    const key = `${loaded.aggregate.type}/${loaded.id}`;
    if (events.length > LIMITS.eventsPerEnvelope)
      throw new Error(
        `${events.length} events for ${key} in one envelope; at most ${LIMITS.eventsPerEnvelope}`,
      );
    if (this.appended.has(key))
      throw new Error(`a command appends to ${key} twice; it gets one envelope per aggregate`);
    if (this.appended.size === LIMITS.envelopesPerCommand)
      throw new Error(`a command touches more than ${LIMITS.envelopesPerCommand} aggregates`);
    this.appended.set(key, { loaded: erase(loaded), events, organization });
  }

  sql<R extends Row>(text: string, values?: readonly SqlValue[]): Promise<R[]> {
    return this.parts.work.sql<R>(text, values);
  }

  /** Checked against contracts, sealed and within bounds. @throws TerminalError | RetryableError */
  async envelopes(): Promise<Ready> {
    const made = await Promise.all([...this.appended].map(([key, appended]) => this.envelope(key, appended)));
    return {
      envelopes: made.map(({ envelope }) => envelope),
      touched: made.map(({ touched }) => touched),
      remember: () => {
        for (const { remember } of made) remember();
      },
    };
  }

  private async envelope(key: string, { loaded, events, organization }: Appended) {
    const { codec, cache, command, random, service } = this.parts;
    const sealed = await Promise.all(events.map((event) => this.seal(organization, codec.encode(event))));
    const aggregate = { type: loaded.aggregate.type, id: loaded.id };
    const version = loaded.version + 1;
    const id = random.id();
    const body = encodeBody({
      id,
      service,
      aggregate,
      version,
      command: command.id,
      ...(command.cause === undefined ? {} : { cause: command.cause }),
      actor: command.actor,
      organization,
      ...(command.trace === undefined ? {} : { trace: command.trace }),
      occurredAt: toTimestamp(command.now),
      events: sealed,
    });
    return {
      envelope: { id, aggregate: key, version, body },
      touched: { aggregate, version },
      remember: () =>
        cache.put(key, { state: sealed.reduce(loaded.aggregate.evolve, loaded.state), version }),
    };
  }

  private async seal(organization: OrganizationScope, event: EventOfAnyType): Promise<EventOfAnyType> {
    const data = await sealLeaves(this.parts.sealer, organization, event.data);
    return { ...event, data: data as EventOfAnyType['data'] };
  }

  private bodiesAfter(aggregate: string, after: number): Promise<Buffer[]> {
    return new Promise((resolve, reject) => {
      if (this.wanted.push({ aggregate, after, resolve, reject }) === 1)
        queueMicrotask(() => void this.loadWanted());
    });
  }

  private async loadWanted(): Promise<void> {
    const wanted = this.wanted;
    this.wanted = [];
    const { store, contention, holding } = this.parts;
    try {
      if (!holding) await Promise.all(wanted.map(({ aggregate }) => contention.free(aggregate)));
      const found = await store.load(wanted);
      wanted.forEach(({ resolve }, index) => resolve(found[index] ?? []));
    } catch (error) {
      for (const { reject } of wanted) reject(error);
    }
  }
}

/** Forgets of which kind an aggregate is; what is appended to it was checked against its own type. */
const erase = <State, Event extends DomainEvent>(
  loaded: Loaded<State, Event>,
): Loaded<unknown, DomainEvent> => loaded as unknown as Loaded<unknown, DomainEvent>;
