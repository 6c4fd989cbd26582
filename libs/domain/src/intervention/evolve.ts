import type { InterventionEvent } from './events.js';
import type { InterventionState } from './state.js';

export const evolveIntervention = (_: InterventionState, { data }: InterventionEvent): InterventionState => ({
  status: 'ordered',
  ...data,
});
