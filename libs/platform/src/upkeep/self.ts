import type { ProcessIdentity } from '@bulkhead/pki';
import type { Health } from '../health.js';

/** Who a service is and whether it works. */
export interface Self {
  certificateExpiresAt(): Date;
  /** What it waits for, by name; empty where it is ready. */
  waitingFor(): Promise<Readonly<Record<string, string>>>;
}

export const selfOf = (identity: Pick<ProcessIdentity, 'expiresAt'>, health: Health): Self => ({
  certificateExpiresAt: () => identity.expiresAt,
  waitingFor: async () => (await health.report()).waitingFor,
});
