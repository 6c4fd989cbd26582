import { never } from '../decider.js';
import type { IdentityEvent } from './events.js';
import type { IdentityState } from './state.js';

export function evolveIdentity(state: IdentityState, event: IdentityEvent): IdentityState {
  switch (event.type) {
    case 'IdentityEnrolled':
      return { status: 'active', ...event.data };
    case 'IdentityRemoved':
      return state.status === 'absent' ? state : { ...state, status: 'removed' };
    default:
      return never(event);
  }
}
