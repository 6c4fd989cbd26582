import type { TokenId, TokenScope } from '@bulkhead/domain';
import { TerminalError } from '@bulkhead/contracts';
import type { Principal } from './access.js';
import { credentialsIn } from './authorization-header.js';
import { hashToken, isToken, sameHash } from './token.js';

/** What a service's own projection of tokens knows of one. */
export interface TokenRecord {
  readonly token: TokenId;
  readonly scope: TokenScope;
  readonly sha256: string;
  readonly expiresAt: string | null;
  readonly revoked: boolean;
}

/** Looks a token up by its hash. */
export interface TokenDirectory {
  bySha256(sha256: string): Promise<TokenRecord | null>;
}

/** A caller whose credential was found good; `credential` goes with the commands that this request begins and is stored nowhere. */
export interface Caller {
  readonly principal: Principal;
  readonly credential: string;
}

/**
 * Finds out who asks.
 * @param header `Authorization` of a request, or the credential of a command.
 * @throws TerminalError `unauthenticated`, in the same words whatever is wrong.
 */
export async function authenticate(
  header: string | undefined,
  directory: TokenDirectory,
  now: Date,
): Promise<Caller> {
  const credential = credentialsIn(header).find(isToken);
  if (credential === undefined) throw unauthenticated();
  const sha256 = hashToken(credential);
  const record = await directory.bySha256(sha256);
  if (!record || !sameHash(record.sha256, sha256) || record.revoked || expired(record, now))
    throw unauthenticated();
  return { principal: principalOf(record), credential };
}

const expired = ({ expiresAt }: TokenRecord, now: Date) =>
  expiresAt !== null && Date.parse(expiresAt) <= now.getTime();

function principalOf({ token, scope }: TokenRecord): Principal {
  switch (scope.kind) {
    case 'platform':
      return { kind: 'platform', token };
    case 'organization':
      return { kind: 'organization', token, organization: scope.organization, access: scope.access };
  }
}

const unauthenticated = () =>
  new TerminalError('unauthenticated', 'Authenticate: token validation error', { status: 401 });
