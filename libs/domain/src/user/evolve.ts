import { never } from '../decider.js';
import type { UserEvent } from './events.js';
import type { UserState } from './state.js';

const STATUS = { UserDisabled: 'disabled', UserEnabled: 'active', UserErased: 'erased' } as const;

export function evolveUser(state: UserState, event: UserEvent): UserState {
  switch (event.type) {
    case 'UserCreated':
      return { status: 'active', ...event.data };
    case 'UserDisabled':
    case 'UserEnabled':
    case 'UserErased':
      return state.status === 'absent' ? state : { ...state, status: STATUS[event.type] };
    default:
      return never(event);
  }
}
