declare const brand: unique symbol;

/** A string or number that only the parser of its format hands out (`@bulkhead/contracts/ids`). */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type OrganizationId = Brand<string, 'OrganizationId'>;
export type AppId = Brand<string, 'AppId'>;
/** 14 lower-case hex digits, as the Machines API has them. */
export type MachineId = Brand<string, 'MachineId'>;
/** A ULID; changes with each change of a machine's configuration and is the Machines API's `version`. */
export type InstanceId = Brand<string, 'InstanceId'>;
export type HostId = Brand<string, 'HostId'>;
export type TokenId = Brand<string, 'TokenId'>;
export type UserId = Brand<string, 'UserId'>;
/** Time as an ISO 8601 string in UTC with milliseconds: an input of every decision, never read by one. */
export type Timestamp = Brand<string, 'Timestamp'>;
