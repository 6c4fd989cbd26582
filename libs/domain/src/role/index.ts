/** What somebody is in an organization; each has exactly one. */
export const ROLES = ['admin', 'member', 'deployer', 'viewer', 'auditor'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What somebody is for the platform, beside any organization: an operator has hosts, capacity and upgrades; security unseals, rotates and
 * approves; a platform auditor reads, proves and exports. None of them opens anything of a tenant's.
 */
export const PLATFORM_ROLES = ['operator', 'security', 'platform-auditor'] as const;
export type PlatformRole = (typeof PLATFORM_ROLES)[number];
