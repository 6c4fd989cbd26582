/**
 * The numbers of caveats on the wire, as superfly/macaroon registers them. Append-only: 1 is retired, 17 and 18 are reserved,
 * 2^16 … 2^17-1 are internal blocks, 2^32 … 2^48-1 can be registered, 2^48 … 2^64-2 are anybody's own.
 */
export const CAVEAT = {
  Organization: 0n,
  Volumes: 2n,
  Apps: 3n,
  ValidityWindow: 4n,
  FeatureSet: 5n,
  Mutations: 6n,
  Machines: 7n,
  ConfineUser: 8n,
  ConfineOrganization: 9n,
  IsUser: 10n,
  ThirdParty: 11n,
  BindToParentToken: 12n,
  IfPresent: 13n,
  MachineFeatureSet: 14n,
  FromMachineSource: 15n,
  Clusters: 16n,
  ConfineGoogleHD: 19n,
  ConfineGitHubOrg: 20n,
  MaxValidity: 21n,
  IsMember: 22n,
  FlyioUserID: 23n,
  GitHubUserID: 24n,
  GoogleUserID: 25n,
  Action: 26n,
  Commands: 27n,
  AppFeatureSet: 28n,
  StorageObjects: 29n,
  AllowedRoles: 30n,
  FlySrc: 31n,
} as const;

const ATTESTATIONS: ReadonlySet<bigint> = new Set([
  CAVEAT.FlyioUserID,
  CAVEAT.GitHubUserID,
  CAVEAT.GoogleUserID,
]);

/** Whether a caveat says who somebody is instead of narrowing what they may: only proofs hold such, and only known makers are believed. */
export const isAttestation = (type: bigint): boolean => ATTESTATIONS.has(type);
