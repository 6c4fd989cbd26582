import { randomBytes } from 'node:crypto';
import type {
  AppId,
  Brand,
  HostId,
  InstanceId,
  MachineId,
  OrganizationId,
  Timestamp,
  TokenId,
  UserId,
} from '@bulkhead/domain';
import { ulid } from 'ulid';
import { z } from 'zod';

/** A string of a fixed format, branded with what it names. */
const id = <Id extends Brand<string, string>>(pattern: RegExp, what: string) =>
  z
    .string()
    .regex(pattern, `not ${what}`)
    .transform((value) => value as Id);

const CROCKFORD = '[0-9a-hjkmnp-tv-z]';
const prefixed = <Id extends Brand<string, string>>(prefix: string) =>
  id<Id>(new RegExp(`^${prefix}_${CROCKFORD}{26}$`), `an id of the form ${prefix}_<26 characters>`);

export const organizationId = prefixed<OrganizationId>('org');
export const appId = prefixed<AppId>('app');
export const hostId = prefixed<HostId>('host');
export const tokenId = prefixed<TokenId>('tok');
export const userId = prefixed<UserId>('usr');
export const machineId = id<MachineId>(/^[0-9a-f]{14}$/, 'a machine id (14 hex digits)');
export const instanceId = id<InstanceId>(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'an instance id (ULID)');
export const timestamp = id<Timestamp>(
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  'a UTC time with milliseconds',
);
/** W3C Trace Context. */
export const traceId = z.string().regex(/^[0-9a-f]{32}$/, 'a trace id (32 hex digits)');

/** App, organization and machine names: DNS labels, as they become host names. */
export const appName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens only');
export const slug = appName;

export const MACHINE_ID_BYTES = 7;
const fresh = <Id extends Brand<string, string>>(prefix: string) => `${prefix}_${ulid().toLowerCase()}` as Id;

export const newOrganizationId = () => fresh<OrganizationId>('org');
export const newAppId = () => fresh<AppId>('app');
export const newHostId = () => fresh<HostId>('host');
export const newUserId = () => fresh<UserId>('usr');
export const newTokenId = () => fresh<TokenId>('tok');
export const newMachineId = (bytes: Uint8Array = randomBytes(MACHINE_ID_BYTES)) =>
  Buffer.from(bytes).toString('hex') as MachineId;
export const newInstanceId = (id: string = ulid()) => id.toUpperCase() as InstanceId;
/** For commands, envelopes, requests: sortable by time, unique without coordination. */
export const newId = () => ulid().toLowerCase();
export const toTimestamp = (date: Date) => date.toISOString() as Timestamp;
