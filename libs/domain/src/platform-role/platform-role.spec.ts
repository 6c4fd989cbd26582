import { given } from '@bulkhead/testing/given';
import type { UserId } from '../ids.js';
import type { PlatformRole } from '../role/index.js';
import { platformRoleAggregate as roles, type PlatformRoleCommand, type PlatformRoleEvent } from './index.js';

const [ada, ben] = ['usr_ada', 'usr_ben'] as [UserId, UserId];
const granted = (user: UserId, role: PlatformRole): PlatformRoleEvent => ({
  type: 'PlatformRoleGranted',
  data: { user, role },
});
const revoked = (user: UserId, role: PlatformRole): PlatformRoleEvent => ({
  type: 'PlatformRoleRevoked',
  data: { user, role },
});
const grant = (user: UserId, role: PlatformRole): PlatformRoleCommand => ({ type: 'grant', user, role });
const revoke = (user: UserId, role: PlatformRole): PlatformRoleCommand => ({ type: 'revoke', user, role });

describe('platform roles', () => {
  it('are granted and revoked, several to one person', () => {
    given(roles).when(grant(ada, 'operator')).then(granted(ada, 'operator'));
    given(roles, granted(ada, 'operator')).when(grant(ada, 'operator')).thenNothing();
    given(roles, granted(ada, 'operator')).when(grant(ada, 'security')).then(granted(ada, 'security'));
    given(roles, granted(ada, 'operator'), granted(ada, 'security'))
      .when(revoke(ada, 'security'))
      .then(revoked(ada, 'security'));
    given(roles, granted(ada, 'security'), revoked(ada, 'security'))
      .when(revoke(ada, 'security'))
      .thenNothing();
  });

  it('leave the platform its last operator', () => {
    given(roles, granted(ada, 'operator'), granted(ben, 'security'))
      .when(revoke(ada, 'operator'))
      .thenRefused('last_operator', 409);
    given(roles, granted(ada, 'operator'), granted(ben, 'operator'))
      .when(revoke(ada, 'operator'))
      .then(revoked(ada, 'operator'));
    given(roles, granted(ada, 'platform-auditor'))
      .when(revoke(ada, 'platform-auditor'))
      .then(revoked(ada, 'platform-auditor'));
  });
});
