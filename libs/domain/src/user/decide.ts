import { never, Refusal } from '../decider.js';
import { isShortNumber } from '../formats.js';
import type { UserCommand } from './commands.js';
import type { UserEvent } from './events.js';
import type { UserState } from './state.js';

/** A disabled user can come back; an erased one is nobody any more. */
export function decideUser(command: UserCommand, state: UserState): readonly UserEvent[] {
  if (command.type === 'create') return create(command, state);
  if (state.status === 'absent' || (state.status === 'erased' && command.type !== 'erase'))
    throw new Refusal('not_found', 'user not found', 404);
  const { user, status } = state;
  switch (command.type) {
    case 'disable':
      return status === 'active' ? [{ type: 'UserDisabled', data: { user } }] : [];
    case 'enable':
      return status === 'disabled' ? [{ type: 'UserEnabled', data: { user } }] : [];
    case 'erase':
      return status === 'erased' ? [] : [{ type: 'UserErased', data: { user } }];
    default:
      return never(command);
  }
}

function create(
  { user, number }: Extract<UserCommand, { type: 'create' }>,
  { status }: UserState,
): readonly UserEvent[] {
  if (status !== 'absent') throw new Refusal('already_exists', `user ${user} already exists`, 409);
  if (!isShortNumber(number))
    throw new Refusal('invalid_number', 'a user’s number is whole and below 2^31', 422);
  return [{ type: 'UserCreated', data: { user, number } }];
}
