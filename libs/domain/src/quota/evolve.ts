import { never } from '../decider.js';
import { without } from '../records.js';
import type { QuotaEvent } from './events.js';
import type { QuotaState } from './state.js';

export function evolveQuota(state: QuotaState, event: QuotaEvent): QuotaState {
  switch (event.type) {
    case 'QuotaSet':
      return { ...state, limits: event.data.limits };
    case 'QuotaTaken': {
      const { machine, cpus, memoryMb } = event.data;
      return { ...state, machines: { ...state.machines, [machine]: { cpus, memoryMb } } };
    }
    case 'QuotaReleased':
      return { ...state, machines: without(state.machines, event.data.machine) };
    case 'AppQuotaTaken':
      return { ...state, apps: { ...state.apps, [event.data.app]: true } };
    case 'AppQuotaReleased':
      return { ...state, apps: without(state.apps, event.data.app) };
    default:
      return never(event);
  }
}
