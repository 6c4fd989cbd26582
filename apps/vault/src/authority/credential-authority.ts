import { X509Certificate } from 'node:crypto';
import { TerminalError } from '@bulkhead/contracts';
import type { Sql } from '@bulkhead/journal';
import {
  CertificateAuthority,
  CertificateRequestError,
  checkCertificateRequest,
  isUserPublicKey,
  RENEWAL_GRACE_MS,
  signUserJwt,
  type BusKeys,
  type Credential,
  type Identity,
  type IdentityKind,
  type RenewRequest,
} from '@bulkhead/pki';
import { lifetimeOf, type Lifetimes } from './lifetimes.js';

interface Parts {
  readonly authority: CertificateAuthority;
  readonly busKeys: BusKeys;
  readonly lifetimes: Lifetimes;
  readonly sql: Sql;
  readonly now: () => Date;
}

/** Gives an identity what proves it: a certificate for services and a JWT for the bus, ending together. */
export class CredentialAuthority {
  constructor(private readonly parts: Parts) {}

  /** The internal root, PEM. */
  get ca(): string {
    return this.parts.authority.certificate;
  }

  /** Whether `identity` may have it is the caller's to know. @throws TerminalError for a request that is none. */
  async issue(identity: Identity<IdentityKind>, request: RenewRequest): Promise<Credential> {
    const { authority, busKeys, lifetimes, now } = this.parts;
    if (!isUserPublicKey(request.busKey))
      throw new TerminalError('invalid_bus_key', 'busKey is not the public nkey of a user', { status: 400 });
    const spki = await checkedKey(request.certificateRequest);
    const lifetime = { now: now(), lifetimeMs: lifetimeOf(identity.kind, lifetimes) };
    const certificate = await authority.issue(identity, spki, lifetime);
    const leaf = new X509Certificate(certificate);
    const busJwt = await signUserJwt(busKeys, identity, request.busKey, leaf.validToDate);
    await this.record(identity, leaf, lifetime.now);
    return { ...identity, certificate, ca: this.ca, busJwt };
  }

  /** Keeps whose a serial is for as long as the certificate could still be shown. */
  private async record({ kind, name }: Identity, leaf: X509Certificate, now: Date): Promise<void> {
    await this.parts.sql.query(
      `with forgotten as (delete from certificate where expires_at < $5)
       insert into certificate (serial, kind, name, issued_at, expires_at) values ($1, $2, $3, $4, $6)`,
      [
        leaf.serialNumber.toLowerCase(),
        kind,
        name,
        now,
        new Date(now.getTime() - RENEWAL_GRACE_MS),
        leaf.validToDate,
      ],
    );
  }
}

/** The key of a request, checked. */
export async function checkedKey(certificateRequest: string): Promise<Uint8Array> {
  try {
    return await checkCertificateRequest(certificateRequest);
  } catch (cause) {
    if (!(cause instanceof CertificateRequestError)) throw cause;
    throw new TerminalError('invalid_certificate_request', cause.message, { status: 400, cause });
  }
}
