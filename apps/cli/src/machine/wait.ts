import { z } from 'zod';
import { anything, machine } from '../api/shapes.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT } from '../exit-codes.js';
import { machinePath } from './path.js';

/** The API answers a wait within this. */
const ROUND_SECONDS = 30;

export const waitSeconds = z.coerce.number().int().min(0).max(3600);

interface Awaited {
  readonly app: string;
  readonly id: string;
  readonly state: string;
  readonly seconds: number;
  /** The one to have that state. */
  readonly version?: string | undefined;
}

/**
 * Waits until a machine has the state, asking again as long as the time given allows.
 * @throws CliError `wait_timeout` naming the state it has instead
 */
export async function waitForState(
  context: Context,
  { app, id, state, seconds, version }: Awaited,
): Promise<void> {
  if (seconds === 0) return;
  const newest = version === undefined ? '' : `&version=${version}`;
  const end = context.now().getTime() + seconds * 1000;
  for (;;) {
    const left = Math.ceil((end - context.now().getTime()) / 1000);
    if (left <= 0) break;
    const round = Math.min(left, ROUND_SECONDS);
    const path = `${machinePath(app, id, 'wait')}?state=${state}&timeout=${round}${newest}`;
    const reached = await context.api.get(path, anything, (round + 10) * 1000).then(() => true, isTimeout);
    if (reached) return;
  }
  const now = await context.api.get(machinePath(app, id), machine);
  throw new CliError(`Machine ${id} is not ${state} after ${seconds} s; it is ${now.state}.`, {
    code: 'wait_timeout',
    exitCode: EXIT.unavailable,
    advice: `Look at its events and its output: bulkhead machine status ${app} ${id}; bulkhead machine logs ${app} ${id}`,
  });
}

/** False for a round that ended without the state; everything else is an error. */
function isTimeout(error: unknown): false {
  if (error instanceof CliError && error.exitCode === EXIT.unavailable && error.code !== 'unreachable')
    return false;
  throw error;
}
