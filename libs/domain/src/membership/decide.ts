import { never, Refusal } from '../decider.js';
import type { UserId } from '../ids.js';
import type { Role } from '../role/index.js';
import type { MembershipCommand } from './commands.js';
import type { MembershipEvent } from './events.js';
import type { MembershipState } from './state.js';

/** All members are one aggregate, and one envelope names each change. */
const MOST_MEMBERS = 1_000;

type Peopled = Extract<MembershipState, { status: 'peopled' }>;

/** Whoever has members has an admin among them: nobody else could add another. */
export function decideMembership(
  command: MembershipCommand,
  state: MembershipState,
): readonly MembershipEvent[] {
  switch (command.type) {
    case 'add':
      return add(command, state);
    case 'change-role': {
      const { user, role } = command;
      const { organization, before, roles } = memberOf(state, user);
      if (before === role) return [];
      requireAnotherAdmin(roles, user, before);
      return [{ type: 'MemberRoleChanged', data: { organization, user, role, before } }];
    }
    case 'remove': {
      const { user } = command;
      const { organization, before: role, roles } = memberOf(state, user);
      requireAnotherAdmin(roles, user, role);
      return [{ type: 'MemberRemoved', data: { organization, user, role } }];
    }
    default:
      return never(command);
  }
}

function add(
  { organization, kind, user, role }: Extract<MembershipCommand, { type: 'add' }>,
  state: MembershipState,
): readonly MembershipEvent[] {
  const added: MembershipEvent = { type: 'MemberAdded', data: { organization, user, role } };
  if (state.status === 'empty') {
    if (role === 'admin') return [added];
    throw new Refusal('admin_needed', 'an organization’s first member is an admin', 422);
  }
  const present = state.roles[user];
  if (present === role) return [];
  if (present !== undefined)
    throw new Refusal('already_member', `${user} is a member already, as ${present}`, 409, {
      role: present,
    });
  if (kind === 'personal')
    throw new Refusal('organization_personal', 'a personal organization has one member', 422);
  if (Object.keys(state.roles).length >= MOST_MEMBERS)
    throw new Refusal('too_many_members', `an organization has at most ${MOST_MEMBERS} members`, 422);
  return [added];
}

function memberOf(state: MembershipState, user: UserId): Peopled & { readonly before: Role } {
  const before = state.status === 'peopled' ? state.roles[user] : undefined;
  if (state.status === 'empty' || before === undefined)
    throw new Refusal('not_found', 'member not found', 404);
  return { ...state, before };
}

function requireAnotherAdmin(roles: Peopled['roles'], user: UserId, role: Role): void {
  if (role !== 'admin') return;
  if (Object.entries(roles).some(([other, theirs]) => other !== user && theirs === 'admin')) return;
  throw new Refusal('last_admin', 'the last admin stays: make another member an admin first', 409);
}
