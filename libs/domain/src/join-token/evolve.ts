import { never } from '../decider.js';
import type { JoinTokenEvent } from './events.js';
import type { JoinTokenState } from './state.js';

export function evolveJoinToken(state: JoinTokenState, event: JoinTokenEvent): JoinTokenState {
  switch (event.type) {
    case 'JoinTokenCreated':
      return { status: 'open', ...event.data };
    case 'JoinTokenUsed':
      return state.status === 'absent' ? state : { ...state, status: 'used', key: event.data.key };
    case 'JoinTokenRevoked':
      return state.status === 'open' ? { ...state, status: 'revoked' } : state;
    default:
      return never(event);
  }
}
