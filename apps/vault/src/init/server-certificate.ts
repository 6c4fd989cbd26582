import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import {
  CertificateAuthority,
  generatePrivateKey,
  judgePeer,
  publicKeyOf,
  readIfThere,
  renewalDueAt,
  type ServerKind,
  type ServerNames,
} from '@bulkhead/pki';
import { SERVER_LIFETIME_MS } from '../authority/lifetimes.js';
import { provideFile } from './provide-file.js';

export interface ServerFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

interface Wanted {
  readonly authority: CertificateAuthority;
  readonly directory: string;
  readonly kind: ServerKind;
  readonly names: ServerNames;
  readonly now: Date;
}

/** Where a server that isn't ours finds its TLS files. */
export const serverFiles = (directory: string): ServerFiles => ({
  certificateFile: join(directory, 'certificate.pem'),
  keyFile: join(directory, 'key.pem'),
  caFile: join(directory, 'ca.pem'),
});

/** Key and certificate of nats-server or Postgres, made where they are missing, foreign, or past half of their life. */
export async function provideServerCertificate(wanted: Wanted): Promise<boolean> {
  const { authority, directory, kind, names, now } = wanted;
  const files = serverFiles(directory);
  const rootIsNew = await provideFile(files.caFile, authority.certificate, 0o644);
  const [certificate, key] = [await readIfThere(files.certificateFile), await readIfThere(files.keyFile)];
  if (certificate && key && isGood(certificate, key, wanted)) return rootIsNew;
  const fresh = generatePrivateKey();
  const lifetime = { now, lifetimeMs: SERVER_LIFETIME_MS };
  const issued = await authority.issue({ kind, name: kind }, publicKeyOf(fresh), lifetime, names);
  await provideFile(files.keyFile, fresh, 0o600);
  await provideFile(files.certificateFile, issued, 0o644);
  return true;
}

function isGood(certificate: string, key: string, { authority, names, now }: Wanted): boolean {
  const leaf = new X509Certificate(certificate);
  return (
    judgePeer(leaf, [authority.certificate], now).status === 'valid' &&
    leaf.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKeyOf(key)) &&
    names.dns.every((name) => leaf.checkHost(name) !== undefined) &&
    names.ips.every((ip) => leaf.checkIP(ip) !== undefined) &&
    renewalDueAt(certificate) > now
  );
}
