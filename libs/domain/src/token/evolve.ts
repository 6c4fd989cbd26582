import { never } from '../decider.js';
import type { TokenEvent } from './events.js';
import type { TokenState } from './state.js';

export function evolveToken(state: TokenState, event: TokenEvent): TokenState {
  switch (event.type) {
    case 'TokenCreated':
      return { status: 'valid', ...event.data };
    case 'TokenRevoked':
      return state.status === 'absent' ? state : { ...state, status: 'revoked' };
    default:
      return never(event);
  }
}
