import { X509Certificate } from 'node:crypto';
import {
  CertificateAuthority,
  CertificateRequestError,
  checkCertificateRequest,
  createCertificateRequest,
  createRoot,
  generatePrivateKey,
  isRenewable,
  judgePeer,
  publicKeyOf,
  renewalDueAt,
  type Identity,
} from '../index.js';
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';

const NOW = new Date('2026-11-22T05:00:00Z');
const HOUR = 3600_000;
const worker: Identity = { kind: 'worker', name: 'host_01hzzzzzzzzzzzzzzzzzzzzzz1' };

const makeRoot = () => createRoot('Bulkhead test root', { now: NOW, lifetimeMs: 1000 * HOUR });
const later = (ms: number) => new Date(NOW.getTime() + ms);

async function issue(lifetimeMs = HOUR, identity = worker) {
  const root = await makeRoot();
  const authority = await CertificateAuthority.open(root);
  const pem = await authority.issue(identity, publicKeyOf(generatePrivateKey()), { now: NOW, lifetimeMs });
  return { root, pem, leaf: new X509Certificate(pem) };
}

describe('a certificate of the internal root', () => {
  it('proves the identity it was issued for', async () => {
    const { root, leaf } = await issue();
    expect(judgePeer(leaf, [root.certificate], NOW)).toMatchObject({ status: 'valid', identity: worker });
  });

  it('is told apart as expired after its life, and renews for 90 days', async () => {
    const { root, leaf } = await issue();
    const verdict = judgePeer(leaf, [root.certificate], later(2 * HOUR));
    expect(verdict).toMatchObject({ status: 'expired', identity: worker });
    expect(isRenewable(later(HOUR), later(HOUR + 90 * 24 * HOUR))).toBe(true);
    expect(isRenewable(later(HOUR), later(HOUR + 90 * 24 * HOUR + 1))).toBe(false);
  });

  it('is valid for a clock that is a minute behind, not for one an hour behind', async () => {
    const { root, leaf } = await issue();
    expect(judgePeer(leaf, [root.certificate], later(-59_000)).status).toBe('valid');
    expect(judgePeer(leaf, [root.certificate], later(-HOUR)).status).toBe('refused');
  });

  it('is due at half of its life', async () => {
    const { pem } = await issue(20_000);
    expect(renewalDueAt(pem)).toEqual(later(10_000));
  });

  it('proves nothing under another root of the same name', async () => {
    const { leaf } = await issue();
    const development = await makeRoot();
    expect(judgePeer(leaf, [development.certificate], NOW).status).toBe('refused');
  });

  it('is never an authority: neither root is a peer, and no leaf signs a leaf', async () => {
    const { root } = await issue();
    expect(judgePeer(new X509Certificate(root.certificate), [root.certificate], NOW).status).toBe('refused');

    const authority = await CertificateAuthority.open(root);
    const key = generatePrivateKey();
    const certificate = await authority.issue(worker, publicKeyOf(key), { now: NOW, lifetimeMs: HOUR });
    const rogue = await CertificateAuthority.open({ certificate, privateKey: key });
    const forged = await rogue.issue({ kind: 'api', name: 'api' }, publicKeyOf(key), {
      now: NOW,
      lifetimeMs: HOUR,
    });
    expect(judgePeer(new X509Certificate(forged), [root.certificate], NOW).status).toBe('refused');
  });

  it('names no identity when it is for hostnames', async () => {
    const root = await makeRoot();
    const authority = await CertificateAuthority.open(root);
    const spki = publicKeyOf(generatePrivateKey());
    const pem = await authority.issueForHostnames(['hello.localhost', '*.localhost'], spki, {
      now: NOW,
      lifetimeMs: HOUR,
    });
    const leaf = new X509Certificate(pem);
    expect(leaf.checkHost('hello.localhost')).toBe('hello.localhost');
    expect(judgePeer(leaf, [root.certificate], NOW)).toEqual({
      status: 'refused',
      reason: 'it names no identity',
    });
  });

  it('does not outlive its root', async () => {
    const { root, leaf } = await issue(5000 * HOUR);
    expect(leaf.validToDate).toEqual(new X509Certificate(root.certificate).validToDate);
  });
});

describe('a certificate request', () => {
  it('yields the key it is signed with', async () => {
    const key = generatePrivateKey();
    const spki = await checkCertificateRequest(await createCertificateRequest(key));
    expect(Buffer.from(spki)).toEqual(Buffer.from(publicKeyOf(key)));
  });

  it('is refused when it carries a key that did not sign it', async () => {
    const der = (pem: string) => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    const ours = generatePrivateKey();
    const request = der(await createCertificateRequest(ours));
    const at = request.indexOf(publicKeyOf(ours));
    const swapped = Buffer.from(request);
    swapped.set(publicKeyOf(generatePrivateKey()), at);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${swapped.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(checkCertificateRequest(pem)).rejects.toThrow('not signed by its own key');
  });

  it('is refused over any other kind of key', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await expect(createCertificateRequest(pem).then(checkCertificateRequest)).rejects.toThrow();
  });

  it('of any bytes is refused with one kind of error', async () => {
    const valid = await createCertificateRequest(generatePrivateKey());
    const mutated = fc
      .array(fc.tuple(fc.nat(valid.length - 1), fc.constantFrom('A', '/', '=', '\n', '-', ' ')), {
        minLength: 1,
        maxLength: 4,
      })
      .map((edits) =>
        edits.reduce((text, [at, char]) => text.slice(0, at) + char + text.slice(at + 1), valid),
      );
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated, fc.string({ maxLength: 5000 })), async (text) => {
        const outcome = await checkCertificateRequest(text).catch((error: unknown) => error);
        return outcome instanceof CertificateRequestError || outcome instanceof Uint8Array;
      }),
    );
  });
});
