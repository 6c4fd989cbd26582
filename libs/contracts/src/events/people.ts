import {
  PLATFORM_ROLES,
  ROLES,
  type MembershipEvent,
  type PlatformRoleEvent,
  type UserEvent,
} from '@bulkhead/domain';
import { z } from 'zod';
import type { ContractsOf } from '../event-contract.js';
import { organizationId, userId } from '../ids.js';
import { shortNumber } from './short-number.js';

const user = { user: userId };
const role = z.enum(ROLES);
const member = { organization: organizationId, user: userId, role };
const holder = z.strictObject({ user: userId, role: z.enum(PLATFORM_ROLES) });

export const userContracts = {
  UserCreated: { v: 1, schema: z.strictObject({ ...user, number: shortNumber }) },
  UserDisabled: { v: 1, schema: z.strictObject(user) },
  UserEnabled: { v: 1, schema: z.strictObject(user) },
  UserErased: { v: 1, schema: z.strictObject(user) },
} satisfies ContractsOf<UserEvent>;

export const membershipContracts = {
  MemberAdded: { v: 1, schema: z.strictObject(member) },
  MemberRoleChanged: { v: 1, schema: z.strictObject({ ...member, before: role }) },
  MemberRemoved: { v: 1, schema: z.strictObject(member) },
} satisfies ContractsOf<MembershipEvent>;

export const platformRoleContracts = {
  PlatformRoleGranted: { v: 1, schema: holder },
  PlatformRoleRevoked: { v: 1, schema: holder },
} satisfies ContractsOf<PlatformRoleEvent>;
