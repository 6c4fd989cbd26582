import { Leadership, type Clock, type Database, type LeadershipStore } from '@bulkhead/journal';
import { newestHead, type StoredHead } from '../heads/head-store.js';
import { proveConsistency } from '../log/transparency-log.js';
import { checkpointBody, type AddCheckpoint, type WitnessAnswer } from './add-checkpoint.js';
import { keepWitnessState, witnessState, type WitnessState } from './witness-store.js';

export interface WitnessCourierOptions {
  readonly database: Database;
  readonly leadership: LeadershipStore;
  readonly clock: Clock;
  readonly holder: string;
  readonly witnesses: readonly string[];
  readonly send: AddCheckpoint;
  readonly report: (problem: { readonly witness: string; readonly problem: string }) => void;
  readonly failed: (error: unknown) => void;
}

/** A witness hears of the log at most once a minute, and again after a failure as late. */
export const WITNESS_INTERVAL_MS = 60_000;

/**
 * Brings the log's heads to witnesses that the operator does not control alone. Each is told the newest head with a proof that the log
 * goes on from the one it took last; where that is, a witness itself knows best and says. One copy at a time.
 */
export class WitnessCourier {
  readonly #leadership: Leadership;

  constructor(private readonly options: WitnessCourierOptions) {
    this.#leadership = new Leadership({
      store: options.leadership,
      role: 'witness-courier',
      holder: options.holder,
      clock: options.clock,
      report: options.failed,
    });
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.options.witnesses.length === 0) return;
    await this.#leadership.lead(signal, async (_leader, within) => {
      while (!within.aborted) {
        await this.tellAll().catch(this.options.failed);
        await this.options.clock.sleep(WITNESS_INTERVAL_MS, within);
      }
    });
  }

  /** Tells each of them what it has not taken yet; one that fails keeps none of the others waiting. */
  async tellAll(): Promise<void> {
    const { database, witnesses } = this.options;
    const head = await newestHead(database);
    if (head) await Promise.all(witnesses.map((witness) => this.#tell(witness, head)));
  }

  async #tell(witness: string, head: StoredHead): Promise<void> {
    const { database, clock, report } = this.options;
    const before = await witnessState(database, witness);
    if (before.size === head.size && before.problem === null) return;
    const outcome = await this.#deliver(witness, head, before.size).catch(problemOf);
    const after: WitnessState =
      outcome === null
        ? { size: head.size, acceptedAt: clock.now(), problem: null, contradicts: false }
        : { ...before, ...outcome, contradicts: before.contradicts || outcome.contradicts };
    if (after.problem !== null) report({ witness, problem: after.problem });
    await keepWitnessState(database, witness, after);
  }

  /** @returns null where the witness took the head. */
  async #deliver(witness: string, head: StoredHead, from: number): Promise<Problem | null> {
    let answer = await this.#send(witness, head, from);
    if (answer.kind === 'elsewhere') {
      if (answer.size > head.size)
        return contradiction(`it has seen ${answer.size} entries, the log has ${head.size}`);
      if (answer.size === from) return contradiction(`it has seen another log of ${from} entries`);
      answer = await this.#send(witness, head, answer.size);
    }
    switch (answer.kind) {
      case 'accepted':
        return null;
      case 'elsewhere':
        return answer.size === head.size
          ? contradiction(`it has seen another log of ${answer.size} entries`)
          : {
              problem: `it is at ${answer.size} entries, and was elsewhere a moment ago`,
              contradicts: false,
            };
      case 'contradiction':
        return contradiction('the log does not go on from what it has seen');
    }
  }

  async #send(witness: string, { size, note }: StoredHead, from: number): Promise<WitnessAnswer> {
    const proof =
      from === 0 || from === size ? [] : await proveConsistency(this.options.database, from, size);
    return this.options.send(witness, checkpointBody(from, proof, note));
  }
}

type Problem = Pick<WitnessState, 'problem' | 'contradicts'>;

const contradiction = (problem: string): Problem => ({ problem, contradicts: true });

function problemOf(error: unknown): Problem {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  const problem = `${error instanceof Error ? error.message : String(error)}${cause}`;
  return { problem: problem.slice(0, 500), contradicts: false };
}
