import { X509Certificate } from 'node:crypto';
import { CLOCK_SKEW_MS } from './certificate-authority.js';
import { parseIdentityUri, type Identity } from '../identity/identity.js';

/** How long after its expiry a certificate still renews, in ms: a laptop that slept for a season comes back. */
export const RENEWAL_GRACE_MS = 90 * 24 * 3600_000;

export type PeerVerdict =
  | {
      readonly status: 'valid' | 'expired';
      readonly identity: Identity;
      readonly serial: string;
      readonly expiresAt: Date;
    }
  | { readonly status: 'refused'; readonly reason: string };

/** Judges a leaf certificate against the internal roots at a time. Expired is told apart: renewal allows it a while. */
export function judgePeer(leaf: X509Certificate, roots: readonly string[], now: Date): PeerVerdict {
  if (leaf.ca) return refused('it is an authority, not a leaf');
  if (!roots.some((root) => isIssuedBy(leaf, new X509Certificate(root))))
    return refused('no internal root signed it');
  const identity = identityOf(leaf);
  if (!identity) return refused('it names no identity');
  if (leaf.validFromDate > now) return refused('it is not valid yet');
  const status = leaf.validToDate < now ? 'expired' : 'valid';
  return { status, identity, serial: leaf.serialNumber.toLowerCase(), expiresAt: leaf.validToDate };
}

/** The identity in a certificate that TLS has verified already; undefined where it names none or several. */
export function identityOf(leaf: X509Certificate): Identity | undefined {
  const uris = (leaf.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
  return uris.length === 1 ? parseIdentityUri((uris[0] ?? '').slice('URI:'.length)) : undefined;
}

/** When a certificate is due for renewal: half of its life after its issue. */
export function renewalDueAt(pem: string): Date {
  const { validFromDate, validToDate } = new X509Certificate(pem);
  const issuedAt = validFromDate.getTime() + CLOCK_SKEW_MS;
  return new Date(issuedAt + (validToDate.getTime() - issuedAt) / 2);
}

/** Whether an expired certificate may still be renewed. */
export const isRenewable = (expiresAt: Date, now: Date): boolean =>
  now.getTime() <= expiresAt.getTime() + RENEWAL_GRACE_MS;

const isIssuedBy = (leaf: X509Certificate, root: X509Certificate): boolean =>
  leaf.checkIssued(root) && leaf.verify(root.publicKey);

const refused = (reason: string): PeerVerdict => ({ status: 'refused', reason });
