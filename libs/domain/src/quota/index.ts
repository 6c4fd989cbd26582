import type { Decider } from '../decider.js';
import type { QuotaCommand } from './commands.js';
import { decideQuota } from './decide.js';
import type { QuotaEvent } from './events.js';
import { evolveQuota } from './evolve.js';
import { DEFAULT_LIMITS, type QuotaState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export * from './state.js';

/** Its id is the organization's. */
export const quotaAggregate: Decider<QuotaState, QuotaCommand, QuotaEvent> = {
  type: 'quota',
  initial: { limits: DEFAULT_LIMITS, machines: {}, apps: {} },
  evolve: evolveQuota,
  decide: decideQuota,
};
