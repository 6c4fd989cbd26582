import { never } from '../decider.js';
import type { DataKeyEvent } from './events.js';
import type { DataKeyState } from './state.js';

export function evolveDataKey(state: DataKeyState, event: DataKeyEvent): DataKeyState {
  switch (event.type) {
    case 'DataKeyCreated':
      return state.status === 'absent' ? { status: 'active' } : state;
    case 'DataKeyDestroyed':
      return { status: 'destroyed' };
    default:
      return never(event);
  }
}
