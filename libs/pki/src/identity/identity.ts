/** Control-plane services. Their token on the bus is the kind itself: copies of one service are one caller. */
export const SERVICE_KINDS = ['api', 'scheduler', 'vault', 'audit'] as const;
/** What joins on an operator's hosts. Their token on the bus is their own name, given out once and never again. */
export const HOST_KINDS = ['worker', 'edge', 'gateway'] as const;
/** Everything that enrols at the vault and gets a certificate and a bus credential. */
export const IDENTITY_KINDS = [...SERVICE_KINDS, ...HOST_KINDS, 'operator'] as const;
/** Servers that aren't Bulkhead's own code: they get certificates, never a bus credential, and never enrol. */
export const SERVER_KINDS = ['nats', 'postgres'] as const;

export type ServiceKind = (typeof SERVICE_KINDS)[number];
export type HostKind = (typeof HOST_KINDS)[number];
export type IdentityKind = (typeof IDENTITY_KINDS)[number];
export type ServerKind = (typeof SERVER_KINDS)[number];

/** Who holds a certificate of the internal CA: `bulkhead://<kind>/<name>` in its only URI name. */
export interface Identity<K extends string = IdentityKind | ServerKind> {
  readonly kind: K;
  readonly name: string;
}

const SCHEME = 'bulkhead://';
const KINDS: ReadonlySet<string> = new Set([...IDENTITY_KINDS, ...SERVER_KINDS]);
/** One bus token: without dots and wildcards it stays one token wherever a subject holds it. */
const NAME = /^[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?$/;
/** A host's name is its id (`@bulkhead/contracts`), so that no host can be called like a service. */
const HOST_NAME = /^host_[0-9a-hjkmnp-tv-z]{26}$/;

export const isService = (kind: string): kind is ServiceKind => SERVICE_KINDS.some((known) => known === kind);
export const isHost = (kind: string): kind is HostKind => HOST_KINDS.some((known) => known === kind);
export const isEnrollable = (identity: Identity): identity is Identity<IdentityKind> =>
  IDENTITY_KINDS.some((known) => known === identity.kind);

/** Whether `name` may stand for an identity of `kind`. */
export const isNameFor = (kind: string, name: string): boolean =>
  (isHost(kind) ? HOST_NAME : NAME).test(name);

/** The URI name (RFC 5280 §4.2.1.6) that a certificate carries for an identity. */
export const identityUri = ({ kind, name }: Identity): string => `${SCHEME}${kind}/${name}`;

/** The identity that a URI names, or undefined where it names none. */
export function parseIdentityUri(uri: string): Identity | undefined {
  if (!uri.startsWith(SCHEME)) return undefined;
  const [kind, name, ...rest] = uri.slice(SCHEME.length).split('/');
  if (kind === undefined || name === undefined || rest.length > 0) return undefined;
  return isKind(kind) && isNameFor(kind, name) ? { kind, name } : undefined;
}

/** The last token of the subjects an identity sends commands on, and the one below `_IN` it hears answers on. */
export const callerOf = ({ kind, name }: Identity<IdentityKind>): string => (isHost(kind) ? name : kind);

const isKind = (kind: string): kind is IdentityKind | ServerKind => KINDS.has(kind);
