import fc from 'fast-check';
import { TerminalError } from '@bulkhead/contracts';
import { formatReference, parseReference } from './reference.js';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('an image reference', () => {
  it.each([
    ['alpine', 'registry-1.docker.io', 'library/alpine', 'latest', undefined],
    ['team/app:1.2', 'registry-1.docker.io', 'team/app', '1.2', undefined],
    ['docker.io/alpine', 'registry-1.docker.io', 'library/alpine', 'latest', undefined],
    ['ghcr.io/a/b__c-d/e.f', 'ghcr.io', 'a/b__c-d/e.f', 'latest', undefined],
    ['localhost/app', 'localhost', 'app', 'latest', undefined],
    ['127.0.0.1:5000/app:v1', '127.0.0.1:5000', 'app', 'v1', undefined],
    ['[::1]:5000/app', '[::1]:5000', 'app', 'latest', undefined],
    ['Registry.Example/app', 'registry.example', 'app', 'latest', undefined],
    [`quay.io/a/b@${DIGEST}`, 'quay.io', 'a/b', undefined, DIGEST],
    [`quay.io/a/b:v2@${DIGEST}`, 'quay.io', 'a/b', 'v2', DIGEST],
  ])('%s is read as Docker reads it', (text, host, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({ kind: 'registry', host, repository, tag, digest });
  });

  it.each([
    ['oci:/var/images/app', '/var/images/app', undefined, undefined],
    ['oci:/var/images/app:v1', '/var/images/app', 'v1', undefined],
    [`oci:/a:v1@${DIGEST}`, '/a', 'v1', DIGEST],
  ])('%s names a layout on disk', (text, directory, tag, digest) => {
    expect(parseReference(text)).toEqual({ kind: 'layout', directory, tag, digest });
  });

  it.each([
    '',
    ':tag',
    'UPPER/case',
    'a//b',
    'a/../b',
    'app:',
    'app:-x',
    `app:${'t'.repeat(129)}`,
    'app@sha256:abc',
    `app@sha512:${'a'.repeat(128)}`,
    'host.example:0/app',
    'host.example:99999/app',
    'host_name.example/app',
    'user:pass@host.example/app',
    'https://host.example/app',
    'host.example/app?x=1',
    'host.example/ap p',
    'oci:relative/path',
    'oci:/var/../etc',
    `${'a/'.repeat(300)}b`,
  ])('%s is refused', (text) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'image_reference_invalid' }));
  });

  it('is either refused or means the same when written out', () => {
    const pieces = fc.constantFrom(
      'a',
      'b1',
      '.',
      '-',
      '_',
      '/',
      ':',
      '@',
      DIGEST,
      'oci:',
      '[::1]',
      '5000',
      'X',
      '%',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        let parsed;
        try {
          parsed = parseReference(text);
        } catch (error) {
          expect(error).toBeInstanceOf(TerminalError);
          return;
        }
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
      }),
      { numRuns: 2000 },
    );
  });
});
