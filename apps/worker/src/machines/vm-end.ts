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
  /** The host's machines end with their worker, which will start them again. */
  readonly leaving: boolean;
  readonly nowMs: number;
}

interface After {
  readonly local: LocalMachine;
  readonly facts: readonly ReportFact[];
}

/** How often a start that failed for a passing reason is tried before it counts as failed. */
const START_TRIES = 5;

/** What a machine is after its VM ended, and what is to be reported of it. */
export function afterVmEnd(
  local: Up,
  exit: VmExit,
  { policy, replaced, leaving, nowMs }: Circumstances,
): After {
  const answer = answerOf(local);
  if (exit.cause === 'start_failed') {
    const failure = { code: 'start_failed', message: exit.detail.slice(0, 2048) };
    return {
      local: { ...answer, phase: 'failed', ...failure },
      facts: [{ kind: 'failed', ...answer, ...failure }],
    };
  }
  if (leaving && exit.requested)
    return {
      local: { ...answer, phase: 'starting', restarts: local.restarts },
      facts: [exitedFact(local, exit, true)],
    };
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

/** What a machine is after it could not be started, and what is to be reported of it. */
export function afterStartFailed(
  local: Up,
  { code, message, retryable }: { code: string; message: string; retryable: boolean },
  nowMs: number,
): After {
  const { restarts } = local;
  const answer = answerOf(local);
  if (retryable && restarts + 1 < START_TRIES) {
    const retryAtMs = nowMs + 1_000 * 2 ** restarts;
    return { local: { ...answer, phase: 'backing-off', restarts, retryAtMs }, facts: [] };
  }
  return {
    local: { ...answer, phase: 'failed', code, message },
    facts: [{ kind: 'failed', ...answer, code, message: message.slice(0, 2048) }],
  };
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
