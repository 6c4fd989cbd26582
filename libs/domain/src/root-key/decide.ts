import { never, Refusal } from '../decider.js';
import { isShortNumber } from '../formats.js';
import type { RootKeyCommand } from './commands.js';
import type { RootKeyEvent } from './events.js';
import type { RootKeyState } from './state.js';

/** A destroyed key takes all tokens with it, and nobody makes another: erased organizations stay so. */
export function decideRootKey(command: RootKeyCommand, state: RootKeyState): readonly RootKeyEvent[] {
  switch (command.type) {
    case 'provide':
      return provide(command, state);
    case 'destroy': {
      const { organization, reason } = command;
      return state.status === 'destroyed'
        ? []
        : [{ type: 'RootKeyDestroyed', data: { organization, reason } }];
    }
    default:
      return never(command);
  }
}

function provide(
  { organization, number, key }: Extract<RootKeyCommand, { type: 'provide' }>,
  state: RootKeyState,
): readonly RootKeyEvent[] {
  switch (state.status) {
    case 'absent':
      if (!isShortNumber(number))
        throw new Refusal('invalid_number', 'an organization’s number is whole and below 2^31', 422);
      return [{ type: 'RootKeyCreated', data: { organization, number, key } }];
    case 'active':
      if (state.number === number) return [];
      throw new Refusal(
        'organization_number_mismatch',
        `${organization} has the number ${state.number} for its life, not ${number}`,
        409,
      );
    case 'destroyed':
      throw new Refusal('root_key_destroyed', `${organization} was erased; it gets no tokens any more`, 410);
    default:
      return never(state);
  }
}
