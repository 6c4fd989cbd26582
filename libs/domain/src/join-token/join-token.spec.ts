import { given } from '@bulkhead/testing/given';
import { joinTokenAggregate as joinToken, type JoinTokenCommand, type JoinTokenEvent } from './index.js';

const terms = {
  joinToken: 't1',
  kind: 'worker',
  name: 'host_1',
  sha256: 'a'.repeat(64),
  expiresAt: '2026-11-23T00:00:00.000Z',
};
const created: JoinTokenEvent = { type: 'JoinTokenCreated', data: terms };
const used: JoinTokenEvent = { type: 'JoinTokenUsed', data: { joinToken: 't1', key: 'mine' } };
const revoked: JoinTokenEvent = { type: 'JoinTokenRevoked', data: { joinToken: 't1' } };

const before = '2026-11-22T23:59:59.999Z';
const use = { type: 'use', sha256: terms.sha256, key: 'mine', now: before } as const;

const decide = (events: readonly JoinTokenEvent[], command: JoinTokenCommand) =>
  given(joinToken, ...events).when(command);

describe('a join token', () => {
  it('is made once, kept as a hash, and for a while', () => {
    decide([], { type: 'create', ...terms, now: before }).then(created);
    decide([created], { type: 'create', ...terms, now: before }).thenRefused('already_exists', 409);
    decide([], { type: 'create', ...terms, sha256: 'secret', now: before }).thenRefused('invalid_digest');
    decide([], { type: 'create', ...terms, now: terms.expiresAt }).thenRefused('invalid_expiry');
  });

  it('is used by one key, which may ask again for a lost answer', () => {
    decide([created], use).then(used);
    decide([created, used], use).thenNothing();
    decide([created, used], { ...use, key: 'theirs' }).thenRefused('join_token_used', 403);
  });

  it('is nothing to whoever does not know its text', () => {
    decide([], use).thenRefused('join_token_unknown', 403);
    decide([created], { ...use, sha256: 'b'.repeat(64) }).thenRefused('join_token_unknown', 403);
  });

  it('ends at its time, for the key that used it too', () => {
    decide([created], { ...use, now: terms.expiresAt }).thenRefused('join_token_expired', 403);
    decide([created, used], { ...use, now: terms.expiresAt }).thenRefused('join_token_expired', 403);
  });

  it('can be revoked until it is used', () => {
    decide([created], { type: 'revoke' }).then(revoked);
    decide([created, revoked], use).thenRefused('join_token_revoked', 403);
    decide([created, revoked], { type: 'revoke' }).thenNothing();
    decide([created, used], { type: 'revoke' }).thenNothing();
    decide([], { type: 'revoke' }).thenRefused('not_found', 404);
  });
});
