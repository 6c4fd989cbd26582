import { never, Refusal } from '../decider.js';
import type { QuotaCommand } from './commands.js';
import type { QuotaEvent, QuotaLimits } from './events.js';
import { evolveQuota } from './evolve.js';
import { quotaUsage, type QuotaState } from './state.js';

export function decideQuota(command: QuotaCommand, state: QuotaState): readonly QuotaEvent[] {
  switch (command.type) {
    case 'set':
      if (!Object.values(command.limits).every((limit) => Number.isInteger(limit) && limit >= 0))
        throw new Refusal('invalid_quota', 'limits are whole numbers from 0', 422);
      return [{ type: 'QuotaSet', data: { organization: command.organization, limits: command.limits } }];
    case 'take': {
      const { type: _, ...data } = command;
      const held = state.machines[command.machine];
      if (held && held.cpus === data.cpus && held.memoryMb === data.memoryMb) return [];
      return within(state, { type: 'QuotaTaken', data });
    }
    case 'release': {
      const { organization, machine } = command;
      return state.machines[machine] ? [{ type: 'QuotaReleased', data: { organization, machine } }] : [];
    }
    case 'take-app': {
      const { organization, app } = command;
      return state.apps[app] ? [] : within(state, { type: 'AppQuotaTaken', data: { organization, app } });
    }
    case 'release-app': {
      const { organization, app } = command;
      return state.apps[app] ? [{ type: 'AppQuotaReleased', data: { organization, app } }] : [];
    }
    default:
      return never(command);
  }
}

const QUOTAS: readonly (keyof QuotaLimits)[] = ['apps', 'machines', 'cpus', 'memoryMb'];

/** The event, unless it raises a use beyond its limit. Limits lowered below what is used only stop growth. */
function within(state: QuotaState, event: QuotaEvent): readonly QuotaEvent[] {
  const before = quotaUsage(state);
  const after = quotaUsage(evolveQuota(state, event));
  for (const quota of QUOTAS) {
    if (after[quota] <= before[quota] || after[quota] <= state.limits[quota]) continue;
    throw new Refusal(
      'quota_exceeded',
      `the organization's quota ${quota} is ${state.limits[quota]}, of which ${before[quota]} are used; ` +
        `this needs ${after[quota] - before[quota]} more`,
      403,
      { quota, limit: state.limits[quota], used: before[quota], asked: after[quota] - before[quota] },
    );
  }
  return [event];
}
