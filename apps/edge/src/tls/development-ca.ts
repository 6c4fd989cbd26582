import 'reflect-metadata';
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto';
import { join } from 'node:path';
import { TerminalError } from '@bulkhead/contracts/errors';
import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509';
import * as x509 from '@peculiar/x509';
import { z } from 'zod';
import { readTextIfThere, writeAtomically } from '../control/files.js';
import type { CertificateSource, HostCertificate } from './certificate-source.js';

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3600_000;
const ROOT_DAYS = 825;
const LEAF_DAYS = 90;
/** A leaf with less left than this is made anew. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
/** Clocks of clients may be behind. */
const SKEW_MS = 5 * 60_000;

const keyPem = z.string().startsWith('-----BEGIN PRIVATE KEY-----');
const certificatePem = z.string().startsWith('-----BEGIN CERTIFICATE-----');
const keyFile = z.strictObject({
  domain: z.string(),
  root: z.strictObject({ certificate: certificatePem, privateKey: keyPem }),
  hosts: z.record(
    z.string(),
    z.strictObject({ chain: certificatePem, privateKey: keyPem, notAfter: z.iso.datetime() }),
  ),
});
type KeyFile = z.infer<typeof keyFile>;

/**
 * The authority that browsers of developers trust. It is another root than the internal CA, and can only name hosts
 * below the edge's domain. All keys are in one 0600 file, so that the edge restarts by itself.
 */
export class DevelopmentCa implements CertificateSource {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly state: KeyFile,
    private readonly rootKey: webcrypto.CryptoKey,
  ) {}

  /** Opens the authority in `directory`, or makes it: keys in `hostname-keys.json`, the root to trust in `development-ca.pem`. */
  static async open(directory: string, domain: string): Promise<DevelopmentCa> {
    const path = join(directory, 'hostname-keys.json');
    const text = await readTextIfThere(path);
    const state = text === undefined ? await newRoot(domain) : parseKeyFile(path, text, domain);
    const ca = new DevelopmentCa(path, state, await importKey(state.root.privateKey));
    await ca.save();
    await writeAtomically(join(directory, 'development-ca.pem'), state.root.certificate, 0o644);
    return ca;
  }

  /** The root certificate, as PEM. */
  get root(): string {
    return this.state.root.certificate;
  }

  async certificateFor(hostname: string): Promise<HostCertificate | undefined> {
    if (!hostname.endsWith(`.${this.state.domain}`)) return undefined;
    const known = this.state.hosts[hostname];
    if (known && Date.parse(known.notAfter) - Date.now() > RENEW_BEFORE_MS)
      return { ...known, notAfter: new Date(known.notAfter) };
    const made = await this.mint(hostname);
    this.state.hosts[hostname] = { ...made, notAfter: made.notAfter.toISOString() };
    await this.save();
    return made;
  }

  private async mint(hostname: string): Promise<HostCertificate> {
    const keys = await webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
    const root = new x509.X509Certificate(this.root);
    const notAfter = new Date(Math.min(Date.now() + LEAF_DAYS * DAY_MS, root.notAfter.getTime()));
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: serialNumber(),
      issuer: root.subject,
      subject: '',
      notBefore: new Date(Date.now() - SKEW_MS),
      notAfter,
      signingAlgorithm: SIGNING,
      publicKey: keys.publicKey,
      signingKey: this.rootKey,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: hostname }], true),
        await x509.AuthorityKeyIdentifierExtension.create(root),
      ],
    });
    return { chain: leaf.toString('pem'), privateKey: await exportKey(keys.privateKey), notAfter };
  }

  /** Writes are one after the other, so that the last state wins. */
  private save(): Promise<void> {
    const write = () => writeAtomically(this.path, JSON.stringify(this.state), 0o600);
    this.saving = this.saving.then(write, write);
    return this.saving;
  }
}

function parseKeyFile(path: string, text: string, domain: string): KeyFile {
  const state = keyFile.parse(JSON.parse(text));
  if (state.domain !== domain)
    throw new TerminalError(
      'edge_domain_changed',
      `The development CA in ${path} is for ${state.domain}, not for ${domain}. Move the file away to make a new one.`,
    );
  return state;
}

async function newRoot(domain: string): Promise<KeyFile> {
  const keys = await webcrypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);
  const now = Date.now();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Bulkhead development CA (${domain})`,
    notBefore: new Date(now - SKEW_MS),
    notAfter: new Date(now + ROOT_DAYS * DAY_MS),
    signingAlgorithm: SIGNING,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      nameConstraint(domain),
    ],
  });
  const privateKey = await exportKey(keys.privateKey);
  return { domain, root: { certificate: root.toString('pem'), privateKey }, hosts: {} };
}

/** RFC 5280 §4.2.1.10: names below `domain` alone, critical. */
function nameConstraint(domain: string): x509.Extension {
  const permittedSubtrees = new GeneralSubtrees([
    new GeneralSubtree({ base: new GeneralName({ dNSName: domain }) }),
  ]);
  return new x509.Extension(
    '2.5.29.30',
    true,
    AsnConvert.serialize(new NameConstraints({ permittedSubtrees })),
  );
}

const serialNumber = (): string => {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
};

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, SIGNING, false, ['sign']);
}
