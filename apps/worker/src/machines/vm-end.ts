import type { ReportFact } from '@bulkhead/contracts';
import type { RestartPolicy, Timestamp } from '@bulkhead/domain';
import type { VmExit } from '../runtime/runtime.js';
import { answerOf, type LocalMachine } from './local-machine.js';
import { afterExit } from './restart-policy.js';

type Up = Extract<LocalMachine, { phase: 'running' | 'starting' }>;

interface Circumstances {
  readonly policy: RestartPolicy | undefined;
  /** What ended makes room for a newer wish to run. */
  readonly replaced: boolean;
  readonly nowMs: number;
}

/** What a machine is after its VM ended, and what is to be reported of it. */
export function afterVmEnd(
  local: Up,
  exit: VmExit,
  { policy, replaced, nowMs }: Circumstances,
): { readonly local: LocalMachine; readonly facts: readonly ReportFact[] } {
  const answer = answerOf(local);
  if (exit.cause === 'start_failed') {
    const failure = { code: 'start_failed', message: exit.detail.slice(0, 2048) };
    return {
      local: { ...answer, phase: 'failed', ...failure },
      facts: [{ kind: 'failed', ...answer, ...failure }],
    };
  }
  const then = afterExit(policy, exitOf(local, exit), local.restarts);
  const restarting = then.then === 'restart' || replaced;
  const fact = exitedFact(local, exit, restarting);
  if (then.then === 'restart') {
    const retryAtMs = nowMs + then.afterMs;
    return { local: { ...answer, phase: 'backing-off', restarts: then.restarts, retryAtMs }, facts: [fact] };
  }
  const facts: ReportFact[] = restarting ? [fact] : [fact, { kind: 'stopped', ...answer }];
  return { local: { ...answer, phase: 'stopped' }, facts };
}

/** A VM that is gone without a word was killed, as far as a restart policy is concerned. */
const exitOf = (local: Up, exit: VmExit) => ({
  exitCode: exit.exitCode ?? 0,
  signal: exit.signal ?? (exit.cause === 'lost' ? 9 : 0),
  oomKilled: exit.oomKilled,
  requested: exit.requested,
  ranForMs: local.phase === 'running' ? exit.exitedAt.getTime() - local.startedAtMs : 0,
});

const exitedFact = (local: Up, exit: VmExit, restarting: boolean): ReportFact => ({
  kind: 'exited',
  ...answerOf(local),
  exit: {
    exit_code: exit.exitCode ?? (exit.signal ? 128 + exit.signal : -1),
    guest_signal: exit.signal ?? 0,
    oom_killed: exit.oomKilled,
    requested_stop: exit.requested,
    restarting,
    restart_count: local.restarts,
    exited_at: exit.exitedAt.toISOString() as Timestamp,
  },
});
