import { never } from '../decider.js';
import type { RootKeyEvent } from './events.js';
import type { RootKeyState } from './state.js';

export function evolveRootKey(state: RootKeyState, event: RootKeyEvent): RootKeyState {
  switch (event.type) {
    case 'RootKeyCreated': {
      const { number, key } = event.data;
      return state.status === 'absent' ? { status: 'active', number, key } : state;
    }
    case 'RootKeyDestroyed':
      return { status: 'destroyed' };
    default:
      return never(event);
  }
}
