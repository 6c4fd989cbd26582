import type { Caveat } from '../caveat.js';
import { kind, onDischarges } from './kind.js';
import { prohibited } from './prohibition.js';
import { fields, int64, uint64 } from './shape.js';

interface Window {
  /** Seconds since 1970. */
  readonly not_before: bigint;
  /** Seconds since 1970; good until that second begins. */
  readonly not_after: bigint;
}

export const validityWindow = kind<Window>(
  'ValidityWindow',
  fields({ not_before: int64, not_after: int64 }),
  ({ not_before, not_after }, { now }) => {
    const milliseconds = BigInt(now.getTime());
    if (milliseconds > not_after * 1000n) return prohibited('unauthorized', 'its time is over');
    if (milliseconds < not_before * 1000n) return prohibited('unauthorized', 'its time has not come');
    return null;
  },
);

/** How long a discharge may count, in seconds. */
export const maxValidity = kind<bigint>(
  'MaxValidity',
  uint64,
  onDischarges((seconds, { now, expiresAt }) =>
    BigInt(expiresAt.getTime() - now.getTime()) > seconds * 1000n
      ? prohibited('unauthorized', `a discharge of at most ${seconds} s is wanted`)
      : null,
  ),
);

/** The second at which the first of a token's windows closes; null where it has none. */
export function endOf(caveats: readonly Caveat[]): bigint | null {
  const ends = caveats.flatMap((caveat) => validityWindow.in(caveat)?.not_after ?? []);
  return ends.reduce<bigint | null>((first, end) => (first === null || end < first ? end : first), null);
}
