import { duration } from '../lib/steps.mjs';

/** What a machine may take at most to stop (its `stop_config.timeout`, 5 min), and its worker's own end. */
const PATIENCE_MS = 330_000;
const LOOK_EVERY_MS = 500;
/** Machines that end sooner need no word about them. */
const QUIET_MS = 1_500;

/**
 * Ends every machine of this instance as its configuration says, by stop signal and timeout. What should run does not change: the
 * next start brings it back.
 * @param {{ supervisor: import('../lib/supervisor.mjs').Supervisor, ports: Record<string, number> }} instance
 * @param {{ say: (text: string) => void, hurry: AbortSignal }} options `hurry`: ends them at once
 */
export async function endMachinesGently({ supervisor, ports }, { say, hurry }) {
  const begun = Date.now();
  let told = -1;
  const look = async () => {
    const left = await runningMachines(ports.WORKER_METRICS);
    if (left === null || left === told || left === 0 || Date.now() - begun < QUIET_MS) return;
    told = left;
    const hint = hurry.aborted ? '' : ' (once more Ctrl-C ends them at once)';
    say(`  … ${machines(left)} to end by the stop signal${hint}`);
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  try {
    if (await supervisor.retire('worker', 'SIGUSR2', { withinMs: PATIENCE_MS, hurry })) return;
    say(
      hurry.aborted
        ? '  ending machines at once'
        : `  machines still run after ${duration(PATIENCE_MS)}: ending them`,
    );
  } finally {
    clearInterval(timer);
  }
}

const machines = (count) => (count === 1 ? '1 machine is' : `${count} machines are`);

/** @returns {Promise<number | null>} null where the worker doesn't say */
async function runningMachines(port) {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(1_000) });
    const [, count] =
      /^bulkhead_worker_machines\{[^}]*phase="running"[^}]*\} (\d+)/m.exec(await answer.text()) ?? [];
    return Number(count ?? 0);
  } catch {
    return null;
  }
}
