import { never } from '../decider.js';
import type { AppNameEvent } from './events.js';
import type { AppNameState } from './state.js';

export function evolveAppName(state: AppNameState, event: AppNameEvent): AppNameState {
  switch (event.type) {
    case 'AppNameTaken':
      return { status: 'taken', app: event.data.app };
    case 'AppNameReleased':
      return state.status === 'taken' && state.app === event.data.app ? { status: 'free' } : state;
    default:
      return never(event);
  }
}
