import { kind, never, onDischarges, onResources } from './kind.js';
import type { ResourceAccess } from './access.js';
import { isWithin, MASK, type Mask } from './mask.js';
import { prohibited, type Prohibition } from './prohibition.js';
import { bigNumber, fields, nothing, text, uint32, uint64 } from './shape.js';

interface Id {
  readonly id: bigint;
}

export const confineUser = kind<Id>(
  'ConfineUser',
  fields({ id: uint64 }),
  onDischarges(({ id }, { users }) => oneOf(users, id, 'user')),
);

export const confineOrganization = kind<Id>(
  'ConfineOrganization',
  fields({ id: uint64 }),
  onDischarges(({ id }, { organizations }) => oneOf(organizations, id, 'organization')),
);

export const confineGoogleHD = kind<string>(
  'ConfineGoogleHD',
  text,
  onDischarges((domain, { googleDomains }) => oneOf(googleDomains, domain, 'Google domain')),
);

export const confineGitHubOrg = kind<bigint>(
  'ConfineGitHubOrg',
  uint64,
  onDischarges((id, { githubOrganizations }) => oneOf(githubOrganizations, id, 'GitHub organization')),
);

/** Says for whom a token was made. It limits nothing, and nothing is decided by it: whoever holds the token can add one. */
export const isUser = kind<{ readonly uint64: bigint }>('IsUser', fields({ uint64 }), () => null);

export const flyioUserId = kind<bigint>('FlyioUserID', uint64, never);
export const githubUserId = kind<bigint>('GitHubUserID', uint64, never);
export const googleUserId = kind<bigint>('GoogleUserID', bigNumber, never);

const MEMBER = 1n;
const ADMIN = 0xffff_ffffn;

/** Bits of the roles in which the token may be used: member 1, billing manager 2, admin all. */
export const allowedRoles = kind<bigint>('AllowedRoles', uint32, onResources(rolesProhibit));

/** The same as being allowed in the role of a member alone. */
export const isMember = kind<Readonly<Record<string, never>>>(
  'IsMember',
  nothing,
  onResources((_, access) => rolesProhibit(MEMBER, access)),
);

function rolesProhibit(allowed: bigint, access: ResourceAccess): Prohibition | null {
  const wanted = roleFor(access);
  return (wanted & allowed) === wanted ? null : prohibited('unauthorized', 'it takes an admin');
}

/** What members who are no admins may do with features of the organization; what is not here is an admin's alone. */
const MEMBERS: ReadonlyMap<string, Mask> = new Map([
  ...['wg', 'domain', 'site', 'builder', 'addon', 'checks', 'litefs-cloud'].map(
    (feature) => [feature, MASK.all] as const,
  ),
  ...['membership', 'billing', 'authentication'].map((feature) => [feature, MASK.read] as const),
]);

function roleFor({ feature, action }: ResourceAccess): bigint {
  if (feature === undefined) return MEMBER;
  return isWithin(action, MEMBERS.get(feature) ?? MASK.none) && MEMBERS.has(feature) ? MEMBER : ADMIN;
}

const oneOf = <T>(known: readonly T[], wanted: T, what: string): Prohibition | null =>
  known.includes(wanted) ? null : prohibited('unauthorized', `login as another ${what} is wanted`);
