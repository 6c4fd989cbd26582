import type { RestartPolicy } from '@bulkhead/domain';

export interface Exit {
  readonly exitCode: number;
  readonly signal: number;
  readonly oomKilled: boolean;
  /** The platform asked for it. */
  readonly requested: boolean;
  /** How long the machine had run. */
  readonly ranForMs: number;
}

export type AfterExit =
  | { readonly then: 'stay-stopped' }
  | { readonly then: 'restart'; readonly afterMs: number; readonly restarts: number };

/** The Machines API's own default (docs: machine restart policy). */
const DEFAULT_MAX_RETRIES = 10;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
/** A machine that ran this long was well: its retries start over. */
const WELL_AFTER_MS = 10 * 60_000;

/** What an app's restart policy says after its process ended. @param restarts how often it was restarted in a row. */
export function afterExit(policy: RestartPolicy | undefined, exit: Exit, restarts: number): AfterExit {
  if (exit.requested) return { then: 'stay-stopped' };
  const inARow = exit.ranForMs >= WELL_AFTER_MS ? 0 : restarts;
  switch (policy?.policy ?? 'on-failure') {
    case 'no':
      return { then: 'stay-stopped' };
    case 'always':
      return restart(inARow);
    case 'on-failure': {
      const failed = exit.exitCode !== 0 || exit.signal !== 0 || exit.oomKilled;
      const left = inARow < (policy?.max_retries ?? DEFAULT_MAX_RETRIES);
      return failed && left ? restart(inARow) : { then: 'stay-stopped' };
    }
  }
}

const restart = (restarts: number): AfterExit => ({
  then: 'restart',
  restarts,
  afterMs: Math.min(FIRST_DELAY_MS * 2 ** Math.min(restarts, 16), LONGEST_DELAY_MS),
});
