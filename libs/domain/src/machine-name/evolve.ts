import { never } from '../decider.js';
import type { MachineNameEvent } from './events.js';
import type { MachineNameState } from './state.js';

export function evolveMachineName(state: MachineNameState, event: MachineNameEvent): MachineNameState {
  switch (event.type) {
    case 'MachineNameTaken':
      return { status: 'taken', machine: event.data.machine };
    case 'MachineNameReleased':
      return state.status === 'taken' && state.machine === event.data.machine ? { status: 'free' } : state;
    default:
      return never(event);
  }
}
