import type { Clock } from '@bulkhead/journal';
import type { Vm } from '../runtime/runtime.js';
import { alarm } from './alarm.js';

/** How long a guest may overstay its stop timeout before it is ended from outside. */
const KILL_AFTER_MS = 5_000;

/** Ends a VM by its stop signal, or from outside where it doesn't listen or overstays; resolves once nothing of it is left. */
export async function stopVm(
  vm: Vm,
  options: { readonly signal: number; readonly timeoutMs: number },
  clock: Pick<Clock, 'sleep'>,
  problem: (text: string, error: unknown) => void,
): Promise<void> {
  const kill = () => vm.kill().catch((error: unknown) => problem('could not kill', error));
  const patience = alarm(clock, options.timeoutMs + KILL_AFTER_MS, () => void kill());
  try {
    await vm.stop(options);
  } catch (error) {
    problem('does not take its stop signal and is killed', error);
    await kill();
  }
  await vm.ended.finally(() => patience.abort());
}
