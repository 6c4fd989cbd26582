import 'reflect-metadata';
import { generateKeyPairSync, createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** A P-256 request with an empty subject is about 400 bytes of PEM; whoever sends more wants something else. */
const MAX_REQUEST_LENGTH = 4096;

/** A certificate request that is not well-formed, not signed by its own key, or not over ECDSA P-256. */
export class CertificateRequestError extends Error {
  override readonly name = 'CertificateRequestError';
}

/** A new ECDSA P-256 private key, PKCS #8 in PEM. */
export function generatePrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The public half of a PEM private key, as SPKI DER. */
export const publicKeyOf = (privateKey: string): Uint8Array =>
  createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' });

/** A PKCS #10 request (RFC 2986) over a key. It names nobody: who it is for is the issuer's knowledge. */
export async function createCertificateRequest(privateKey: string): Promise<string> {
  const pkcs8 = createPrivateKey(privateKey).export({ type: 'pkcs8', format: 'der' });
  const keys = {
    privateKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, false, ['sign']),
    publicKey: await webcrypto.subtle.importKey('spki', publicKeyOf(privateKey), P256, true, ['verify']),
  };
  const request = await x509.Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: P256 });
  return request.toString('pem');
}

/**
 * Checks that a request is signed by the ECDSA P-256 key it carries.
 * @returns that key as SPKI DER.
 * @throws CertificateRequestError saying what is wrong with it.
 */
export async function checkCertificateRequest(pem: string): Promise<Uint8Array> {
  if (pem.length > MAX_REQUEST_LENGTH) throw new CertificateRequestError('the request is too long');
  const request = parseRequest(pem);
  const spki = new Uint8Array(request.publicKey.rawData);
  if (!isP256(spki)) throw new CertificateRequestError('the key is not ECDSA P-256');
  if (!(await verifies(request)))
    throw new CertificateRequestError('the request is not signed by its own key');
  return spki;
}

function parseRequest(pem: string): x509.Pkcs10CertificateRequest {
  try {
    return new x509.Pkcs10CertificateRequest(pem);
  } catch (cause) {
    throw new CertificateRequestError('not a PKCS #10 request', { cause });
  }
}

function isP256(spki: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

async function verifies(request: x509.Pkcs10CertificateRequest): Promise<boolean> {
  try {
    return await request.verify();
  } catch {
    return false;
  }
}
