import { Prng } from '../kernel/prng.js';
import { FAULTS, type FaultKind } from './faults.js';
import { DEEDS, type DeedKind } from './deeds.js';

/** One thing that is done, to whichever of those there are its numbers choose. */
export interface Step {
  readonly nth: number;
  /** After the step before. */
  readonly afterMs: number;
  readonly what: DeedKind | FaultKind;
  readonly isFault: boolean;
  /** Draws made when the plan was: what is chosen by them stays the same when other steps are left out. */
  readonly draws: readonly [number, number, number];
  /** How long a fault lasts. */
  readonly forMs: number;
}

export const STEPS = 300;
export const FAULTS_PER_SEED = 20;
const MOST_BETWEEN_MS = 300;

/** What happens under a seed. */
export function planOf(seed: number): readonly Step[] {
  const random = new Prng(seed ^ 0x5eed);
  const faults = new Set<number>();
  while (faults.size < FAULTS_PER_SEED) faults.add(random.int(20, STEPS - 1));
  return Array.from({ length: STEPS }, (_, nth) => {
    const isFault = faults.has(nth);
    return {
      nth,
      afterMs: random.int(0, MOST_BETWEEN_MS),
      what: isFault ? weighted(random, FAULTS) : weighted(random, DEEDS),
      isFault,
      draws: [random.next(), random.next(), random.next()],
      forMs: lastsFor(random),
    };
  });
}

/** Mostly moments, sometimes longer than it takes until a host counts as lost. */
function lastsFor(random: Prng): number {
  return random.chance(0.3) ? random.int(11_000, 20_000) : random.int(100, 6_000);
}

function weighted<Kind extends string>(random: Prng, weights: Readonly<Record<Kind, number>>): Kind {
  const kinds = Object.keys(weights) as Kind[];
  let left = random.next() * kinds.reduce((sum, kind) => sum + weights[kind], 0);
  for (const kind of kinds) {
    left -= weights[kind];
    if (left < 0) return kind;
  }
  throw new Error('nothing has any weight');
}
