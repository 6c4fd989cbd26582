import { createHash } from 'node:crypto';
import { newHostId, newId, toTimestamp } from '@bulkhead/contracts';
import { joinTokenAggregate, Refusal } from '@bulkhead/domain';
import type { Command, Journal, Outcome } from '@bulkhead/journal';
import { fingerprint, formatJoinToken, isHost, isNameFor, type IdentityKind } from '@bulkhead/pki';
import { joinTokenKey } from '../keys/named-keys.js';

export interface JoinTokens {
  readonly journal: Journal;
  readonly ca: string;
  /** Of `joinTokenKey`. */
  readonly key: Buffer;
}

export interface JoinTokenWish {
  readonly kind: IdentityKind;
  /** A service's copy; a host's name is its id, which is made here. */
  readonly name?: string;
  readonly lifetimeMs: number;
}

/** What may be kept and shown again of a token. Its text is made from the id by a key of the vault's. */
export interface JoinTokenTerms {
  readonly joinToken: string;
  readonly kind: IdentityKind;
  readonly name: string;
  readonly expiresAt: string;
}

/** Makes a one-time right to enrol. The same command gives the same token. */
export async function createJoinToken(
  tokens: JoinTokens,
  command: Command,
  wish: JoinTokenWish,
): Promise<Outcome<JoinTokenTerms & { readonly token: string }>> {
  const outcome = await tokens.journal.execute(command, async (decision) => {
    const terms = termsOf(wish, command.now);
    const token = await decision.load(joinTokenAggregate, terms.joinToken);
    const sha256 = createHash('sha256').update(joinTokenText(tokens, terms.joinToken)).digest('hex');
    const create = { type: 'create', ...terms, sha256, now: toTimestamp(command.now) } as const;
    decision.append(token, joinTokenAggregate.decide(create, token.state));
    return terms;
  });
  return {
    ...outcome,
    result: { ...outcome.result, token: joinTokenText(tokens, outcome.result.joinToken) },
  };
}

/** The text of a token that was made here. */
export const joinTokenText = ({ key, ca }: JoinTokens, joinToken: string): string =>
  formatJoinToken({
    id: joinToken,
    secret: joinTokenKey.secretOf(key, joinToken),
    caFingerprint: fingerprint(ca),
  });

function termsOf({ kind, name, lifetimeMs }: JoinTokenWish, now: Date): JoinTokenTerms {
  const named = isHost(kind) ? newHostId() : (name ?? kind);
  if (!isNameFor(kind, named))
    throw new Refusal('invalid_name', `${named} can't be the name of a ${kind}`, 422);
  return {
    joinToken: newId(),
    kind,
    name: named,
    expiresAt: toTimestamp(new Date(now.getTime() + lifetimeMs)),
  };
}
