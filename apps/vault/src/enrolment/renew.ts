import type { X509Certificate } from 'node:crypto';
import { TerminalError } from '@bulkhead/contracts';
import {
  isEnrollable,
  isRenewable,
  judgePeer,
  type Credential,
  type Identity,
  type IdentityKind,
  type RenewRequest,
} from '@bulkhead/pki';
import type { Enrolment } from './enroll.js';

type Renewal = Pick<Enrolment, 'authority' | 'registry' | 'now'>;

/** A new credential for whoever shows the old one; also one that expired up to 90 days ago. */
export async function renew(
  renewal: Renewal,
  peer: X509Certificate | undefined,
  request: RenewRequest,
): Promise<Credential> {
  const identity = await authenticate(renewal, peer, { expiredToo: true });
  return renewal.authority.issue(identity, request);
}

/**
 * Whose certificate it is, if that still counts. TLS has proven that the peer holds its key; the rest is judged here, since an
 * expired certificate may do for renewal.
 * @throws TerminalError `certificate_missing` (401), `certificate_refused`, `certificate_expired`, `identity_removed` (403).
 */
export async function authenticate(
  { authority, registry, now }: Renewal,
  peer: X509Certificate | undefined,
  { expiredToo }: { readonly expiredToo: boolean },
): Promise<Identity<IdentityKind>> {
  if (!peer)
    throw new TerminalError('certificate_missing', 'show a certificate of the internal CA', { status: 401 });
  const verdict = judgePeer(peer, [authority.ca], now());
  if (verdict.status === 'refused') throw refused('certificate_refused', verdict.reason);
  if (verdict.status === 'expired' && !(expiredToo && isRenewable(verdict.expiresAt, now())))
    throw refused('certificate_expired', `it expired at ${verdict.expiresAt.toISOString()}`);
  if (!isEnrollable(verdict.identity))
    throw refused('certificate_refused', `a ${verdict.identity.kind} has nothing to ask here`);
  await registry.requireActive(verdict.identity);
  return verdict.identity;
}

const refused = (code: string, reason: string) =>
  new TerminalError(code, `the certificate does not count: ${reason}`, { status: 403 });
