import type { CheckStatus, Reach } from '@bulkhead/domain';
import { afterProbe, notYet, type CheckSpec } from './check-state.js';
import { probe } from './probe.js';

/** Runs the checks of one running machine until it is stopped, and tells when a result changes something. */
export class CheckRunner {
  #statuses: CheckStatus[];
  #stopped = false;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly checks: readonly CheckSpec[],
    private readonly target: { readonly reach: Reach; readonly address: string; readonly startedAt: Date },
    /** What was known of this run before, as after a restart of the worker: a machine that is well stays so. */
    private readonly known: readonly CheckStatus[],
    private readonly changed: (statuses: readonly CheckStatus[]) => void,
  ) {
    this.#statuses = checks.map(
      (check) => known.find(({ name }) => name === check.name) ?? notYet(check, target.startedAt),
    );
  }

  start(): void {
    if (this.#statuses.some((status) => !this.known.includes(status))) this.changed(this.#statuses);
    for (const check of this.checks) this.#after(0, check);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #after(delayMs: number, check: CheckSpec): void {
    this.#timers.set(
      check.name,
      setTimeout(() => void this.#run(check), delayMs),
    );
  }

  async #run(check: CheckSpec): Promise<void> {
    const target = this.#targetOf(check.port);
    const result = target
      ? await probe(check, target)
      : { passed: false, output: `port ${check.port} is not reachable on this host` };
    if (this.#stopped) return;
    const when = { now: new Date(), startedAt: this.target.startedAt };
    const statuses = this.#statuses.map((status) =>
      status.name === check.name ? afterProbe(status, check, result, when) : status,
    );
    const news = statuses.some((status, n) => status !== this.#statuses[n]);
    this.#statuses = statuses;
    if (news) this.changed(statuses);
    this.#after(result.passed ? check.intervalMs : Math.min(check.intervalMs, RETRY_MS), check);
  }

  #targetOf(port: number): { host: string; port: number } | null {
    if (this.target.reach.kind === 'direct') return { host: this.target.address, port };
    const forward = this.target.reach.ports[port];
    return forward === undefined ? null : { host: '127.0.0.1', port: forward };
  }
}

/** A machine that fails is asked again soon, so that it gets traffic as soon as it can take it. */
const RETRY_MS = 1_000;
