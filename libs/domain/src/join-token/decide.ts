import { never, Refusal } from '../decider.js';
import type { JoinTokenCommand } from './commands.js';
import type { JoinTokenEvent } from './events.js';
import type { JoinTokenState } from './state.js';

const SHA256 = /^[0-9a-f]{64}$/;

export function decideJoinToken(command: JoinTokenCommand, state: JoinTokenState): readonly JoinTokenEvent[] {
  switch (command.type) {
    case 'create':
      return create(command, state);
    case 'use':
      return use(command, state);
    case 'revoke':
      if (state.status === 'absent') throw new Refusal('not_found', 'join token not found', 404);
      return state.status === 'open'
        ? [{ type: 'JoinTokenRevoked', data: { joinToken: state.joinToken } }]
        : [];
    default:
      return never(command);
  }
}

function create(
  { type: _, now, ...data }: Extract<JoinTokenCommand, { type: 'create' }>,
  state: JoinTokenState,
): readonly JoinTokenEvent[] {
  if (state.status !== 'absent')
    throw new Refusal('already_exists', `join token ${data.joinToken} already exists`, 409);
  if (!SHA256.test(data.sha256))
    throw new Refusal('invalid_digest', 'a join token is kept as its SHA-256', 422);
  if (data.expiresAt <= now)
    throw new Refusal('invalid_expiry', 'a join token must expire later than now', 422);
  return [{ type: 'JoinTokenCreated', data }];
}

/** The key that used a token may use it again: its first answer may have been lost on the way. Nobody else may. */
function use(
  { sha256, key, now }: Extract<JoinTokenCommand, { type: 'use' }>,
  state: JoinTokenState,
): readonly JoinTokenEvent[] {
  if (state.status === 'absent' || state.sha256 !== sha256)
    throw new Refusal('join_token_unknown', 'this join token is not one of ours', 403);
  if (state.status === 'revoked') throw new Refusal('join_token_revoked', 'this join token was revoked', 403);
  if (state.expiresAt <= now)
    throw new Refusal('join_token_expired', `this join token expired at ${state.expiresAt}`, 403);
  if (state.status === 'open') return [{ type: 'JoinTokenUsed', data: { joinToken: state.joinToken, key } }];
  if (state.status === 'used' && state.key === key) return [];
  throw new Refusal('join_token_used', 'this join token was used already; make another one', 403);
}
