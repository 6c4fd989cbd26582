import 'reflect-metadata';
import { webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { identityUri, type Identity } from '../identity/identity.js';
import { CertificateRequestError } from './certificate-request.js';

export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** How long before its issue a certificate begins to be valid, in ms: what clocks of two hosts may differ by. */
export const CLOCK_SKEW_MS = 60_000;

/** A root: its certificate (PEM) and its private key (PKCS #8, PEM). */
export interface RootMaterial {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Lifetime {
  readonly now: Date;
  readonly lifetimeMs: number;
}

/** Names a server answers to beside its identity. */
export interface ServerNames {
  readonly dns: readonly string[];
  readonly ips: readonly string[];
}

/** Makes a new self-signed root that may sign leaves only (path length 0). */
export async function createRoot(commonName: string, { now, lifetimeMs }: Lifetime): Promise<RootMaterial> {
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    keys,
    signingAlgorithm: P256,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter: new Date(now.getTime() + lifetimeMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: certificate.toString('pem') + '\n',
    privateKey: await exportPrivateKey(keys.privateKey),
  };
}

/** Signs leaves under one root. The private key stays inside. */
export class CertificateAuthority {
  private constructor(
    readonly certificate: string,
    private readonly root: x509.X509Certificate,
    private readonly key: webcrypto.CryptoKey,
  ) {}

  static async open({ certificate, privateKey }: RootMaterial): Promise<CertificateAuthority> {
    const key = await webcrypto.subtle.importKey('pkcs8', pemBody(privateKey), P256, false, ['sign']);
    return new CertificateAuthority(certificate, new x509.X509Certificate(certificate), key);
  }

  /**
   * A certificate for `identity` over the key of a checked request; nothing else of the request is copied.
   * @param spki public key, DER.
   */
  issue(
    identity: Identity,
    spki: Uint8Array,
    lifetime: Lifetime,
    server: ServerNames = NO_NAMES,
  ): Promise<string> {
    return this.sign(spki, lifetime, {
      subject: [{ CN: [`${identity.kind}/${identity.name}`] }],
      names: [{ type: 'url', value: identityUri(identity) }, ...serverNames(server)],
      usages: [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth],
    });
  }

  /** A server certificate for hostnames, without any identity: what a browser sees from the development root. */
  issueForHostnames(hostnames: readonly string[], spki: Uint8Array, lifetime: Lifetime): Promise<string> {
    return this.sign(spki, lifetime, {
      subject: [],
      names: serverNames({ dns: hostnames, ips: [] }),
      usages: [x509.ExtendedKeyUsage.serverAuth],
    });
  }

  private async sign(spki: Uint8Array, { now, lifetimeMs }: Lifetime, leaf: Leaf): Promise<string> {
    const expiry = Math.min(now.getTime() + lifetimeMs, this.root.notAfter.getTime());
    const publicKey = await x509.PublicKey.create(toArrayBuffer(spki));
    const certificate = await x509.X509CertificateGenerator.create({
      subject: leaf.subject,
      issuer: this.root.subjectName,
      publicKey,
      signingKey: this.key,
      signingAlgorithm: P256,
      notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
      notAfter: new Date(expiry),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(leaf.usages),
        new x509.SubjectAlternativeNameExtension(leaf.names, leaf.subject.length === 0),
        await x509.AuthorityKeyIdentifierExtension.create(this.root.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return certificate.toString('pem') + '\n';
  }
}

/** SHA-256 of a certificate's DER, lower-case hex: what a join token pins. */
export const fingerprint = (pem: string): string =>
  new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();

interface Leaf {
  readonly subject: x509.JsonName;
  readonly names: x509.JsonGeneralNames;
  readonly usages: x509.ExtendedKeyUsageType[];
}

const NO_NAMES: ServerNames = { dns: [], ips: [] };

const serverNames = ({ dns, ips }: ServerNames): x509.JsonGeneralNames => [
  ...dns.map((value) => ({ type: 'dns' as const, value })),
  ...ips.map((value) => ({ type: 'ip' as const, value })),
];

async function exportPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `${x509.PemConverter.encode(toArrayBuffer(der), 'PRIVATE KEY')}\n`;
}

function pemBody(pem: string): ArrayBuffer {
  const [body] = x509.PemConverter.decode(pem);
  if (!body) throw new CertificateRequestError('no PEM block found');
  return body;
}

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
