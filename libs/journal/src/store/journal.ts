import { timingSafeEqual } from 'node:crypto';
import { fold, Refusal, type Aggregate, type DomainEvent } from '@bulkhead/domain';
import {
  commandFailure,
  isBulkheadError,
  RetryableError,
  TerminalError,
  touched,
  type EventContracts,
  type Service,
} from '@bulkhead/contracts';
import { z } from 'zod';
import { databaseAway } from '../bus/failure.js';
import { EventCodec } from '../events/decode.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { systemRandom, type Random } from '../ports/random.js';
import { DatabaseUnavailable, TransactionConflict } from '../ports/sql.js';
import type { Sealer } from '../seal/sealer.js';
import { canonical } from './canonical.js';
import { Contention } from './contention.js';
import type { Command, Decision, Outcome } from './decision.js';
import { DecisionRun } from './decision-run.js';
import { replayBodies, StateCache, type Versioned } from './states.js';
import { LOST_ANSWER, type Answer, type JournalStore } from './store.js';

export interface JournalOptions {
  readonly service: Service;
  readonly store: JournalStore;
  /** Of every event this service writes. */
  readonly contracts: EventContracts;
  readonly sealer: Sealer;
  /** Called after each commit that left envelopes: wakes the relay. */
  readonly committed?: () => void;
  readonly clock?: Clock;
  readonly random?: Random;
  /** How many aggregates' states are kept in memory. */
  readonly cachedStates?: number;
}

/** How often a decision is taken again when somebody else was faster. */
const MAX_ATTEMPTS = 16;
/** How long a refusal is remembered, in ms. */
export const REFUSALS_KEPT_MS = 24 * 3_600_000;

const doneAnswer = z.strictObject({ result: z.unknown(), touched: z.array(touched) });

/** The event store of one service, and the only way its aggregates change. */
export class Journal {
  readonly service: Service;
  private readonly store: JournalStore;
  private readonly codec: EventCodec;
  private readonly sealer: Sealer;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly committed: () => void;
  private readonly cache: StateCache;
  private readonly contention = new Contention();

  constructor(options: JournalOptions) {
    this.service = options.service;
    this.store = options.store;
    this.codec = new EventCodec(options.contracts);
    this.sealer = options.sealer;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? systemRandom;
    this.committed = options.committed ?? (() => undefined);
    this.cache = new StateCache(options.cachedStates ?? 20_000);
  }

  /**
   * Carries out one command in one transaction. `decide` runs again when an aggregate it appends to has moved, so it must be pure but
   * for what the decision offers. A Refusal it throws is remembered for 24 h, a result as long as the journal: the same command id
   * gets the same answer.
   * @throws TerminalError for a refusal, another content under the same id (`idempotency_key_reused`, 422) or a body over the limit
   * (413), or one that was done but whose answer was lost with a database (`answer_lost`, 409); RetryableError `contended`, `database_unavailable`, or `outcome_unknown` (504) where the commit's answer was lost.
   */
  async execute<Result>(
    command: Command,
    decide: (decision: Decision) => Promise<Result>,
  ): Promise<Outcome<Result>> {
    const digest = await this.sealer.digest(canonical(command.content));
    let beaten: readonly string[] = [];
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const tried = await this.contention.hold(beaten, () =>
        this.attempt(command, digest, decide, beaten.length > 0),
      );
      if ('outcome' in tried) return tried.outcome;
      beaten = [...new Set([...beaten, ...tried.beaten])];
    }
    throw new RetryableError('contended', 'too much changes here at once; try again', 200, {
      operator: `command ${command.id} lost ${MAX_ATTEMPTS} races on ${beaten.join(', ')}`,
    });
  }

  /** An aggregate's state after the events up to a position or a time (of recording), from the journal alone. */
  async stateAt<State, Event extends DomainEvent>(
    aggregate: Aggregate<State, Event>,
    id: string,
    at: { readonly position: number } | { readonly time: Date },
  ): Promise<Versioned<State> & { readonly position: number }> {
    const position = 'position' in at ? at.position : await this.store.positionAt(at.time);
    const bodies = await this.store.history(`${aggregate.type}/${id}`, position);
    const start = { state: fold(aggregate, []), version: 0 };
    return { ...replayBodies(aggregate, this.codec, start, bodies), position };
  }

  /** The current epoch's id; `epochStart` of it is its start in unix seconds. */
  epoch(): Promise<string> {
    return this.store.epoch();
  }

  /** Forgets refusals older than 24 h; to be called now and then. */
  forgetOldRefusals(): Promise<number> {
    return this.store.forgetRefusals(new Date(this.clock.now().getTime() - REFUSALS_KEPT_MS));
  }

  private async attempt<Result>(
    command: Command,
    digest: Buffer,
    decide: (decision: Decision) => Promise<Result>,
    holding: boolean,
  ): Promise<{ readonly outcome: Outcome<Result> } | { readonly beaten: readonly string[] }> {
    const { service, codec, sealer, random, cache, contention } = this;
    const work = this.store.work();
    const run = new DecisionRun({
      service,
      store: this.store,
      work,
      codec,
      sealer,
      random,
      cache,
      contention,
      command,
      holding,
    });
    try {
      const result = await decide(run);
      const { envelopes, touched, remember } = await run.envelopes();
      const answer = JSON.stringify({ result: result ?? null, touched });
      const committed = await work.commit({
        command: { id: command.id, digest, outcome: 'done', answer },
        envelopes,
      });
      if (committed === 'moved') return { beaten: envelopes.map(({ aggregate }) => aggregate) };
      if (committed === 'known') return { outcome: await this.answered(command.id, digest) };
      remember();
      if (envelopes.length > 0) this.committed();
      return { outcome: { result, touched } };
    } catch (error) {
      await work.abandon();
      if (error instanceof TransactionConflict) return { beaten: [] };
      return { outcome: await this.failed(command.id, digest, error) };
    }
  }

  /** A command that was carried out before gets its answer, whatever deciding it anew ran into. */
  private async failed<Result>(id: string, digest: Buffer, error: unknown): Promise<Outcome<Result>> {
    if (error instanceof DatabaseUnavailable) throw databaseAway(error);
    const refusal = refusalOf(error);
    if (!refusal) {
      if (await this.store.answer(id)) return this.answered(id, digest);
      throw error;
    }
    const { code, message, status, details } = refusal;
    const answer = JSON.stringify({ code, message, status, retryable: false, details });
    const work = this.store.work();
    const committed = await work.commit({
      command: { id, digest, outcome: 'refused', answer },
      envelopes: [],
    });
    if (committed === 'known') return this.answered(id, digest);
    throw refusal;
  }

  private async answered<Result>(id: string, digest: Buffer): Promise<Outcome<Result>> {
    const known = await this.store.answer(id);
    if (!known)
      throw new RetryableError('contended', 'the same command was just being forgotten; try again', 50);
    if (known.answer === LOST_ANSWER)
      throw new TerminalError(
        'answer_lost',
        'this was done before, but its answer was lost; look at what is there',
        {
          status: 409,
        },
      );
    if (!sameContent(known, digest))
      throw new TerminalError('idempotency_key_reused', 'this key was used before, for another request', {
        status: 422,
      });
    if (known.outcome === 'refused') throw refused(known.answer);
    // The result is what this very command returned once: its type is the caller's own.
    return doneAnswer.parse(JSON.parse(known.answer)) as Outcome<Result>;
  }
}

const sameContent = (known: Answer, digest: Buffer): boolean =>
  known.digest.length === digest.length && timingSafeEqual(known.digest, digest);

function refused(answer: string): TerminalError {
  const { code, message, status, details } = commandFailure.parse(JSON.parse(answer));
  return new TerminalError(code, message, { status, ...(details ? { details } : {}) });
}

/** What a refusal is: said by a decider, or by a check whose answer depends on the command alone. */
function refusalOf(error: unknown): TerminalError | undefined {
  if (error instanceof Refusal)
    return new TerminalError(error.code, error.message, {
      status: error.status,
      details: error.details,
      cause: error,
    });
  return isBulkheadError(error) && error instanceof TerminalError && error.status < 500 ? error : undefined;
}
