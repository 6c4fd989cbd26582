import { createHash } from 'node:crypto';
import { newId, TerminalError, toTimestamp, type Actor } from '@bulkhead/contracts';
import { identityAggregate, joinTokenAggregate } from '@bulkhead/domain';
import type { Decision, Journal } from '@bulkhead/journal';
import {
  IDENTITY_KINDS,
  isHost,
  parseJoinToken,
  type Credential,
  type EnrollRequest,
  type Identity,
  type IdentityKind,
} from '@bulkhead/pki';
import { z } from 'zod';
import { checkedKey, type CredentialAuthority } from '../authority/credential-authority.js';
import type { IdentityRegistry } from '../identities/registry.js';

export interface Enrolment {
  readonly journal: Journal;
  readonly authority: CredentialAuthority;
  readonly registry: IdentityRegistry;
  readonly now: () => Date;
}

const ACTOR: Actor = { kind: 'service', id: 'vault' };
const identityKind = z.enum(IDENTITY_KINDS);

/** Whoever holds a join token becomes the identity it names, once, and gets a first credential. */
export async function enroll(
  { journal, authority, registry, now }: Enrolment,
  request: EnrollRequest,
): Promise<Credential> {
  const id = parseJoinToken(request.token)?.id;
  if (id === undefined)
    throw new TerminalError('join_token_unknown', 'this is no join token', { status: 403 });
  const key = sha256(await checkedKey(request.certificateRequest));
  const shown = { id, sha256: sha256(request.token), key, sealKey: request.sealKey ?? null, now: now() };
  const content = { joinToken: id, key, sealKey: shown.sealKey };
  const command = { id: newId(), content, actor: ACTOR, organization: 'platform', now: shown.now } as const;
  const { result: identity } = await journal.execute(command, (decision) => decideEnrolment(decision, shown));
  await registry.requireActive(identity);
  return authority.issue(identity, request);
}

interface Shown {
  readonly id: string;
  readonly sha256: string;
  readonly key: string;
  readonly sealKey: string | null;
  readonly now: Date;
}

async function decideEnrolment(decision: Decision, shown: Shown): Promise<Identity<IdentityKind>> {
  const token = await decision.load(joinTokenAggregate, shown.id);
  const use = { type: 'use', sha256: shown.sha256, key: shown.key, now: toTimestamp(shown.now) } as const;
  const used = joinTokenAggregate.decide(use, token.state);
  if (token.state.status === 'absent') throw new Error('a token that is not there can not be used');
  const identity = { kind: identityKind.parse(token.state.kind), name: token.state.name };
  requireSealKey(identity.kind, shown.sealKey);

  const known = await decision.load(identityAggregate, `${identity.kind}/${identity.name}`);
  const enroll = { type: 'enroll', ...identity, joinToken: shown.id, sealKey: shown.sealKey } as const;
  const enrolled = identityAggregate.decide(enroll, known.state);
  decision.append(token, used);
  decision.append(known, enrolled);
  if (enrolled.length > 0) await writeRow(decision, identity, shown);
  return identity;
}

const writeRow = (decision: Decision, { kind, name }: Identity, { sealKey, now }: Shown) =>
  decision.sql(
    `insert into identity (kind, name, status, seal_key, enrolled_at) values ($1, $2, 'active', $3, $4)
     on conflict (kind, name) do update set seal_key = excluded.seal_key, enrolled_at = excluded.enrolled_at`,
    [kind, name, sealKey === null ? null : Buffer.from(sealKey, 'base64'), now],
  );

/** What a host alone may read is sealed to its key, so a host without one would never get its feed. */
function requireSealKey(kind: IdentityKind, sealKey: string | null): void {
  if (isHost(kind) === (sealKey !== null)) return;
  const message = isHost(kind) ? `a ${kind} must bring a sealKey` : `a ${kind} has no sealKey`;
  throw new TerminalError('invalid_seal_key', message, { status: 400 });
}

const sha256 = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex');
