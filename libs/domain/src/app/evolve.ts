import { never } from '../decider.js';
import type { AppEvent } from './events.js';
import type { AppState } from './state.js';

export function evolveApp(state: AppState, event: AppEvent): AppState {
  switch (event.type) {
    case 'AppCreated':
      return { status: 'active', ...event.data };
    case 'AppDeleted':
      return state.status === 'active' ? { status: 'deleted', ...event.data } : state;
    default:
      return never(event);
  }
}
