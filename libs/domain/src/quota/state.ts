import type { QuotaLimits } from './events.js';

/** What every organization has until an operator says otherwise. */
export const DEFAULT_LIMITS: QuotaLimits = { apps: 100, machines: 100, cpus: 128, memoryMb: 256 * 1024 };

interface Share {
  readonly cpus: number;
  readonly memoryMb: number;
}

export interface QuotaState {
  readonly limits: QuotaLimits;
  /** By machine id. */
  readonly machines: Readonly<Record<string, Share>>;
  /** By app id. */
  readonly apps: Readonly<Record<string, true>>;
}

/** What is taken of each limit. */
export function quotaUsage({ machines, apps }: QuotaState): QuotaLimits {
  const shares = Object.values(machines);
  return {
    apps: Object.keys(apps).length,
    machines: shares.length,
    cpus: shares.reduce((sum, share) => sum + share.cpus, 0),
    memoryMb: shares.reduce((sum, share) => sum + share.memoryMb, 0),
  };
}
