import fc from 'fast-check';
import { given } from '@bulkhead/testing/given';
import { fold, Refusal } from '../decider.js';
import type { OrganizationId, UserId } from '../ids.js';
import { ROLES, type Role } from '../role/index.js';
import { membershipAggregate as membership, type MembershipCommand, type MembershipEvent } from './index.js';

const organization = 'org_1' as OrganizationId;
const [ada, ben, eve] = ['usr_ada', 'usr_ben', 'usr_eve'] as [UserId, UserId, UserId];
const added = (user: UserId, role: Role): MembershipEvent => ({
  type: 'MemberAdded',
  data: { organization, user, role },
});
const add = (user: UserId, role: Role, kind: 'personal' | 'shared' = 'shared'): MembershipCommand => ({
  type: 'add',
  organization,
  kind,
  user,
  role,
});
const remove = (user: UserId): MembershipCommand => ({ type: 'remove', user });
const change = (user: UserId, role: Role): MembershipCommand => ({ type: 'change-role', user, role });
const after = (...events: MembershipEvent[]) => ({
  when: (command: MembershipCommand) => given(membership, ...events).when(command),
});

describe('an organization’s membership', () => {
  it('begins with an admin, and grows', () => {
    after().when(add(ada, 'member')).thenRefused('admin_needed', 422);
    after().when(add(ada, 'admin')).then(added(ada, 'admin'));
    after(added(ada, 'admin')).when(add(ben, 'deployer')).then(added(ben, 'deployer'));
  });

  it('has everybody once, with one role', () => {
    const both = after(added(ada, 'admin'), added(ben, 'viewer'));
    both.when(add(ben, 'viewer')).thenNothing();
    both.when(add(ben, 'member')).thenRefused('already_member', 409);
    both.when(change(ben, 'member')).then({
      type: 'MemberRoleChanged',
      data: { organization, user: ben, role: 'member', before: 'viewer' },
    });
    both.when(change(ben, 'viewer')).thenNothing();
  });

  it('loses members, and knows no strangers', () => {
    const both = after(added(ada, 'admin'), added(ben, 'viewer'));
    both.when(remove(ben)).then({ type: 'MemberRemoved', data: { organization, user: ben, role: 'viewer' } });
    both.when(remove(eve)).thenRefused('not_found', 404);
    both.when(change(eve, 'admin')).thenRefused('not_found', 404);
    after().when(remove(ada)).thenRefused('not_found', 404);
  });

  it('keeps its last admin', () => {
    const one = after(added(ada, 'admin'), added(ben, 'member'));
    one.when(remove(ada)).thenRefused('last_admin', 409);
    one.when(change(ada, 'member')).thenRefused('last_admin', 409);
    const two = after(added(ada, 'admin'), added(ben, 'admin'));
    two.when(remove(ada)).then({ type: 'MemberRemoved', data: { organization, user: ada, role: 'admin' } });
  });

  it('is one person where it is personal', () => {
    after(added(ada, 'admin'))
      .when(add(ben, 'viewer', 'personal'))
      .thenRefused('organization_personal', 422);
  });

  it('is bounded', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => added(`usr_${at}` as UserId, 'admin'));
    after(...many)
      .when(add(ada, 'viewer'))
      .thenRefused('too_many_members', 422);
  });

  it('never is without an admin, whatever is asked for', () => {
    const person = fc.constantFrom(ada, ben, eve);
    const role = fc.constantFrom(...ROLES);
    const command = fc.oneof(
      fc.tuple(person, role).map(([user, as]) => add(user, as)),
      fc.tuple(person, role).map(([user, as]) => change(user, as)),
      person.map(remove),
    );
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        let events: readonly MembershipEvent[] = [];
        for (const each of commands) {
          const state = fold(membership, events);
          try {
            events = [...events, ...membership.decide(each, state)];
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
          }
          const now = fold(membership, events);
          if (now.status === 'peopled') expect(Object.values(now.roles)).toContain('admin');
        }
      }),
    );
  });
});
