import { begin, type Fault, type FaultKind } from './scenario/faults.js';
import type { DeedKind } from './scenario/deeds.js';
import { planOf, type Step } from './scenario/plan.js';
import type { Note } from './kernel/kernel.js';
import type { CoverageCounts } from './watch/coverage.js';
import { checkConvergence } from './watch/convergence.js';
import { Violation } from './watch/violation.js';
import { Watch } from './watch/watch.js';
import { HOST_LOST_AFTER_MS } from './world/control-copy.js';
import { Users } from './world/users.js';
import { World } from './world/world.js';

/** What came of a seed. */
export interface Outcome {
  readonly seed: number;
  readonly violation: Violation | null;
  /** The same for the same seed and plan. */
  readonly digest: string;
  readonly coverage: CoverageCounts;
  readonly notes: readonly Note[];
}

export interface SimulationOptions {
  readonly seed: number;
  /** What happens; everything that the seed plans, unless something is left out. */
  readonly plan?: readonly Step[];
  /** Whether what happens is kept to be read. */
  readonly recorded?: boolean;
}

const LOOK_EVERY_MS = 250;
/** Within this long after the last fault everything is as it should be. */
const CONVERGES_WITHIN_MS = 45_000;
const CHECKED_EVERY_MS = 2_000;
/** Until the copies of the control plane have sorted out who leads. */
const LEADERSHIP_MS = 6_000;

/** Runs what a seed plans, looking on. */
export async function simulate({
  seed,
  plan = planOf(seed),
  recorded = false,
}: SimulationOptions): Promise<Outcome> {
  const run = new Simulation(seed, recorded);
  try {
    await run.run(plan);
    return run.outcome();
  } finally {
    run.dispose();
  }
}

class Simulation {
  private readonly watch = new Watch();
  private readonly world: World;
  private readonly users: Users;
  private readonly active = new Set<Fault>();
  private readonly troubledUntil = new Map<string | null, number>();

  constructor(
    private readonly seed: number,
    recorded: boolean,
  ) {
    this.world = new World(seed, recorded, this.watch.guests);
    this.users = new Users(this.world, this.watch);
    this.watch.follow(this.world.kernel, this.world.site.database);
    this.watch.lostAfterMs = HOST_LOST_AFTER_MS - 4_000;
  }

  async run(plan: readonly Step[]): Promise<void> {
    const { kernel } = this.world;
    await this.world.start();
    kernel.after(LOOK_EVERY_MS, null, () => this.look());
    for (const step of plan) {
      await kernel.runUntil(kernel.now + step.afterMs);
      if (this.watch.violation) return;
      this.take(step);
    }
    for (const fault of [...this.active]) this.end(fault);
    await this.converge();
  }

  outcome(): Outcome {
    const { kernel } = this.world;
    const { violation, coverage } = this.watch;
    return {
      seed: this.seed,
      violation,
      digest: kernel.digest(),
      coverage: coverage.toJSON(),
      notes: kernel.notes,
    };
  }

  dispose(): void {
    this.world.dispose();
  }

  private take(step: Step): void {
    const { kernel } = this.world;
    if (!step.isFault) return this.users.do(step as Step & { what: DeedKind });
    const fault = begin(this.world, step as Step & { what: FaultKind });
    if (!fault) return;
    this.watch.coverage.count('fault', step.what);
    kernel.note('fault', `${step.what}${fault.on ? ` (${fault.on})` : ''} for ${step.forMs} ms`);
    this.active.add(fault);
    this.felt(fault);
    kernel.after(step.forMs, null, () => this.end(fault));
  }

  private end(fault: Fault): void {
    if (!this.active.delete(fault)) return;
    fault.end();
    this.felt(fault);
    this.world.kernel.note('fault', `is over${fault.on ? ` (${fault.on})` : ''}`);
  }

  private felt({ on }: Fault): void {
    const after = on === null ? LEADERSHIP_MS : 0;
    this.troubledUntil.set(on, Math.max(this.troubledUntil.get(on) ?? 0, this.world.kernel.now + after));
  }

  private look(): void {
    const { kernel } = this.world;
    for (const fault of this.active) this.felt(fault);
    this.countSilence();
    this.watch.guarded(() =>
      this.watch.guests.check(kernel.now, (host) =>
        Math.max(this.troubledUntil.get(host) ?? 0, this.troubledUntil.get(null) ?? 0),
      ),
    );
    kernel.after(LOOK_EVERY_MS, null, () => this.look());
  }

  private countSilence(): void {
    const { copies, site } = this.world;
    const isUp = copies.some(
      ({ process }) =>
        process && !process.isStopped && site.broker.reaches(process) && site.database.reaches(process),
    );
    for (const [host, row] of site.database.schema('scheduler').table('heartbeat')) {
      const known = this.watch.silence.get(host);
      const isNew = known?.heardAt !== row['at'];
      const silentMs = isNew ? 0 : (known?.silentMs ?? 0) + (isUp ? LOOK_EVERY_MS : 0);
      this.watch.silence.set(host, { heardAt: row['at'], silentMs });
    }
  }

  private async converge(): Promise<void> {
    const { kernel } = this.world;
    const deadline = kernel.now + CONVERGES_WITHIN_MS;
    await kernel.runUntil(kernel.now + LEADERSHIP_MS);
    this.users.askEverythingAgain();
    do await kernel.runUntil(kernel.now + CHECKED_EVERY_MS);
    while (!this.watch.violation && kernel.now < deadline && this.unsettled());
    if (!this.watch.violation) this.watch.guarded(() => checkConvergence(this.world, this.watch, this.users));
  }

  private unsettled(): boolean {
    try {
      checkConvergence(this.world, this.watch, this.users);
      return false;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      return true;
    }
  }
}
