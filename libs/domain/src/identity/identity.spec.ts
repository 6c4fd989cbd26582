import { given } from '@bulkhead/testing/given';
import { identityAggregate as identity, type IdentityCommand, type IdentityEvent } from './index.js';

const host = { kind: 'worker', name: 'host_1', joinToken: 't1', sealKey: 'key' };
const service = { kind: 'api', name: 'api', joinToken: 't1', sealKey: null };
const enrolled = (data: typeof host | typeof service): IdentityEvent => ({ type: 'IdentityEnrolled', data });
const removed: IdentityEvent = {
  type: 'IdentityRemoved',
  data: { kind: 'worker', name: 'host_1', reason: 'sold' },
};

const decide = (events: readonly IdentityEvent[], command: IdentityCommand) =>
  given(identity, ...events).when(command);

describe('an identity', () => {
  it('enrols with a token, and asking again with the same changes nothing', () => {
    decide([], { type: 'enroll', ...host }).then(enrolled(host));
    decide([enrolled(host)], { type: 'enroll', ...host }).thenNothing();
  });

  it('of a service enrols again after its disk was lost', () => {
    const again = { ...service, joinToken: 't2' };
    decide([enrolled(service)], { type: 'enroll', ...again }).then(enrolled(again));
  });

  it('of a host never enrols again: what was sealed to its old key is lost with it', () => {
    decide([enrolled(host)], { type: 'enroll', ...host, joinToken: 't2' }).thenRefused(
      'already_enrolled',
      409,
    );
  });

  it('stays removed for ever', () => {
    decide([enrolled(host)], { type: 'remove', reason: 'sold' }).then(removed);
    decide([enrolled(host), removed], { type: 'remove', reason: 'sold' }).thenNothing();
    decide([enrolled(host), removed], { type: 'enroll', ...host }).thenRefused('identity_removed', 403);
    decide([enrolled(host), removed], { type: 'enroll', ...host, joinToken: 't2' }).thenRefused(
      'identity_removed',
      403,
    );
    decide([], { type: 'remove', reason: 'sold' }).thenRefused('not_found', 404);
  });
});
