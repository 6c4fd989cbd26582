import type { Backend } from './routes.js';

export type Choice =
  | { readonly kind: 'backend'; readonly backend: Backend }
  /** There is nothing to choose from. */
  | { readonly kind: 'none' }
  /** Every backend is at its hard limit. */
  | { readonly kind: 'full' };

/**
 * The backend with the least load relative to its soft limit, so that those below it come first. `start` breaks ties:
 * callers that count it up spread them.
 */
export function choose(
  backends: readonly Backend[],
  loadOf: (backend: Backend) => number,
  start: number,
  isExcluded: (backend: Backend) => boolean = () => false,
): Choice {
  let best: Backend | undefined;
  let bestLoad = Infinity;
  let isFull = false;
  for (let index = 0; index < backends.length; index++) {
    const backend = backends[(start + index) % backends.length];
    if (!backend || isExcluded(backend)) continue;
    const load = loadOf(backend);
    if (load >= backend.hardLimit) isFull = true;
    else if (load / backend.softLimit < bestLoad) {
      best = backend;
      bestLoad = load / backend.softLimit;
    }
  }
  if (best) return { kind: 'backend', backend: best };
  return { kind: isFull ? 'full' : 'none' };
}
