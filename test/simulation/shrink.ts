import type { Step } from './scenario/plan.js';
import { simulate, type Outcome } from './simulation.js';

/** How often a smaller plan is tried. */
const MOST_TRIES = 60;

/**
 * Leaves out whatever a seed's failure does without, by halves and then smaller parts: faults first, since fewer of them say most.
 * @returns the smallest plan that was found to break the same promise, and what came of it.
 */
export async function shrink(
  seed: number,
  plan: readonly Step[],
  promise: string,
): Promise<{ readonly plan: readonly Step[]; readonly outcome: Outcome }> {
  let tries = 0;
  let best = plan;
  const breaks = async (candidate: readonly Step[]): Promise<boolean> => {
    if (++tries > MOST_TRIES) return false;
    return (await simulate({ seed, plan: candidate })).violation?.promise === promise;
  };
  for (const isFault of [true, false])
    for (
      let size = Math.ceil(count(best, isFault) / 2);
      size >= 1 && tries < MOST_TRIES;
      size = Math.floor(size / 2)
    )
      for (let at = 0; at < count(best, isFault) && tries < MOST_TRIES;) {
        const candidate = without(best, isFault, at, size);
        if (await breaks(candidate)) best = candidate;
        else at += size;
      }
  return { plan: best, outcome: await simulate({ seed, plan: best, recorded: true }) };
}

const count = (plan: readonly Step[], isFault: boolean): number =>
  plan.filter((step) => step.isFault === isFault).length;

/** Time passes as before: what is left out hands its wait on to what follows. */
function without(plan: readonly Step[], isFault: boolean, from: number, size: number): readonly Step[] {
  let nth = 0;
  let waited = 0;
  const kept: Step[] = [];
  for (const step of plan) {
    const isOut = step.isFault === isFault && nth >= from && nth < from + size;
    if (step.isFault === isFault) nth++;
    if (isOut) waited += step.afterMs;
    else {
      kept.push({ ...step, afterMs: step.afterMs + waited });
      waited = 0;
    }
  }
  return kept;
}
