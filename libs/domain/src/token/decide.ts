import { never, Refusal } from '../decider.js';
import type { TokenCommand } from './commands.js';
import type { TokenEvent } from './events.js';
import type { TokenState } from './state.js';

const SHA256 = /^[0-9a-f]{64}$/;

export function decideToken(command: TokenCommand, state: TokenState): readonly TokenEvent[] {
  switch (command.type) {
    case 'create': {
      if (state.status !== 'absent')
        throw new Refusal('already_exists', `token ${command.token} already exists`, 409);
      const { type: _, ...data } = command;
      if (!SHA256.test(data.sha256))
        throw new Refusal('invalid_digest', 'a token is kept as its SHA-256', 422);
      return [{ type: 'TokenCreated', data }];
    }
    case 'revoke':
      if (state.status === 'absent') throw new Refusal('not_found', 'token not found', 404);
      return state.status === 'revoked' ? [] : [{ type: 'TokenRevoked', data: { token: state.token } }];
    default:
      return never(command);
  }
}
