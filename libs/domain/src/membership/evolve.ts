import { never } from '../decider.js';
import { without } from '../records.js';
import type { MembershipEvent } from './events.js';
import type { MembershipState } from './state.js';

export function evolveMembership(state: MembershipState, event: MembershipEvent): MembershipState {
  const { organization, user } = event.data;
  const roles = state.status === 'peopled' ? state.roles : {};
  switch (event.type) {
    case 'MemberAdded':
    case 'MemberRoleChanged':
      return { status: 'peopled', organization, roles: { ...roles, [user]: event.data.role } };
    case 'MemberRemoved':
      return { status: 'peopled', organization, roles: without(roles, user) };
    default:
      return never(event);
  }
}
