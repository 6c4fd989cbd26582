import { given } from '@bulkhead/testing/given';
import type { OrganizationId } from '../ids.js';
import { rootKeyAggregate as rootKey, type RootKeyCommand, type RootKeyEvent } from './index.js';

const organization = 'org_1' as OrganizationId;
const created: RootKeyEvent = { type: 'RootKeyCreated', data: { organization, number: 1, key: 'a' } };
const destroyed: RootKeyEvent = { type: 'RootKeyDestroyed', data: { organization, reason: 'asked' } };
const provide: RootKeyCommand = { type: 'provide', organization, number: 1, key: 'a' };
const destroy: RootKeyCommand = { type: 'destroy', organization, reason: 'asked' };

const decide = (events: readonly RootKeyEvent[], command: RootKeyCommand) =>
  given(rootKey, ...events).when(command);

describe('a root key', () => {
  it('is made once, for the number that the organization has for life', () => {
    decide([], provide).then(created);
    decide([created], { ...provide, key: 'b' }).thenNothing();
    decide([created], { ...provide, number: 2 }).thenRefused('organization_number_mismatch', 409);
    decide([], { ...provide, number: 0 }).thenRefused('invalid_number', 422);
  });

  it('is never made again after its destruction', () => {
    decide([created], destroy).then(destroyed);
    decide([], destroy).then(destroyed);
    decide([created, destroyed], destroy).thenNothing();
    decide([created, destroyed], provide).thenRefused('root_key_destroyed', 410);
  });
});
