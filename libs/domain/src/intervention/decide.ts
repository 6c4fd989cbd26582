import { Refusal } from '../decider.js';
import type { InterventionCommand } from './commands.js';
import type { InterventionEvent } from './events.js';
import type { InterventionState } from './state.js';

export function decideIntervention(
  { type: _, ...data }: InterventionCommand,
  state: InterventionState,
): readonly InterventionEvent[] {
  if (state.status !== 'absent')
    throw new Refusal('already_exists', `intervention ${data.intervention} was ordered before`, 409);
  return [{ type: 'InterventionOrdered', data }];
}
