import type { Decider } from '../decider.js';
import type { InterventionCommand } from './commands.js';
import { decideIntervention } from './decide.js';
import type { InterventionEvent } from './events.js';
import { evolveIntervention } from './evolve.js';
import type { InterventionState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';

export const interventionAggregate: Decider<InterventionState, InterventionCommand, InterventionEvent> = {
  type: 'intervention',
  initial: { status: 'absent' },
  evolve: evolveIntervention,
  decide: decideIntervention,
};
