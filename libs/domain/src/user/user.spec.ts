import { given } from '@bulkhead/testing/given';
import type { UserId } from '../ids.js';
import { userAggregate, type UserEvent } from './index.js';

const user = 'usr_ada' as UserId;
const created: UserEvent = { type: 'UserCreated', data: { user, number: 1 } };
const disabled: UserEvent = { type: 'UserDisabled', data: { user } };
const erased: UserEvent = { type: 'UserErased', data: { user } };

describe('a user', () => {
  it('is made once, with a number that fits a caveat', () => {
    given(userAggregate).when({ type: 'create', user, number: 1 }).then(created);
    given(userAggregate, created)
      .when({ type: 'create', user, number: 1 })
      .thenRefused('already_exists', 409);
    given(userAggregate).when({ type: 'create', user, number: 0 }).thenRefused('invalid_number', 422);
  });

  it('is disabled and enabled', () => {
    given(userAggregate, created).when({ type: 'disable' }).then(disabled);
    given(userAggregate, created, disabled).when({ type: 'disable' }).thenNothing();
    given(userAggregate, created, disabled)
      .when({ type: 'enable' })
      .then({ type: 'UserEnabled', data: { user } });
    given(userAggregate, created).when({ type: 'enable' }).thenNothing();
    given(userAggregate).when({ type: 'disable' }).thenRefused('not_found', 404);
  });

  it('is nobody once erased, and stays so', () => {
    given(userAggregate, created).when({ type: 'erase' }).then(erased);
    given(userAggregate, created, erased).when({ type: 'erase' }).thenNothing();
    given(userAggregate, created, erased).when({ type: 'enable' }).thenRefused('not_found', 404);
    given(userAggregate, created, erased)
      .when({ type: 'create', user, number: 1 })
      .thenRefused('already_exists', 409);
  });
});
