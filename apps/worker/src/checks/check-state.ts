import type { CheckStatus } from '@bulkhead/domain';

/** One check of a machine, its defaults filled in. */
export interface CheckSpec {
  readonly name: string;
  readonly port: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures this soon after the start count as "not yet". */
  readonly graceMs: number;
  readonly probe:
    | { readonly kind: 'tcp' }
    | {
        readonly kind: 'http';
        readonly method: string;
        readonly path: string;
        readonly tls: boolean;
        readonly headers: readonly { readonly name: string; readonly values: readonly string[] }[];
      };
}

export interface ProbeResult {
  readonly passed: boolean;
  /** What the app or the network said, at most 4 KiB. */
  readonly output: string;
}

/** A check that has not passed yet; traffic waits for it. */
export const notYet = (check: CheckSpec, at: Date): CheckStatus => ({
  name: check.name,
  status: 'critical',
  output: 'the check has not run yet',
  updated_at: at.toISOString(),
});

/** The status after one more probe, or the same object where nothing changed that anyone would ask for. */
export function afterProbe(
  before: CheckStatus,
  check: CheckSpec,
  result: ProbeResult,
  { now, startedAt }: { readonly now: Date; readonly startedAt: Date },
): CheckStatus {
  const inGrace = now.getTime() - startedAt.getTime() < check.graceMs;
  const status = result.passed ? 'passing' : inGrace ? 'warning' : 'critical';
  if (status === before.status) return before;
  return { name: check.name, status, output: result.output.slice(0, 4096), updated_at: now.toISOString() };
}
