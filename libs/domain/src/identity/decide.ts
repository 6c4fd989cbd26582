import { never, Refusal } from '../decider.js';
import type { IdentityCommand } from './commands.js';
import type { IdentityEvent } from './events.js';
import type { IdentityState } from './state.js';

export function decideIdentity(command: IdentityCommand, state: IdentityState): readonly IdentityEvent[] {
  switch (command.type) {
    case 'enroll':
      return enroll(command, state);
    case 'remove':
      if (state.status === 'absent') throw new Refusal('not_found', 'identity not found', 404);
      if (state.status === 'removed') return [];
      return [
        { type: 'IdentityRemoved', data: { kind: state.kind, name: state.name, reason: command.reason } },
      ];
    default:
      return never(command);
  }
}

/**
 * A service that lost its disk enrols again under its name. A host never does: what it kept is gone, so it joins
 * under a new id.
 */
function enroll(
  { type: _, ...data }: Extract<IdentityCommand, { type: 'enroll' }>,
  state: IdentityState,
): readonly IdentityEvent[] {
  if (state.status === 'removed')
    throw new Refusal(
      'identity_removed',
      `${data.kind} ${data.name} was removed; its name is never used again`,
      403,
    );
  if (state.status === 'active' && state.joinToken === data.joinToken) return [];
  if (state.status === 'active' && state.sealKey !== null)
    throw new Refusal(
      'already_enrolled',
      `${data.kind} ${data.name} has enrolled already; join under a new id`,
      409,
    );
  return [{ type: 'IdentityEnrolled', data }];
}
