import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mirrorOf, parseDeb822Sources, parseOneLineSources } from './debian-sources.mjs';

test('reads the one-line format with options, comments and several components', () => {
  const text = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror.example/debian bookworm main contrib # ours
deb-src http://mirror.example/debian bookworm main
`;
  assert.deepEqual(parseOneLineSources(text), [
    {
      uri: 'http://mirror.example/debian',
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      signedBy: '/usr/share/keyrings/k.gpg',
    },
  ]);
});

test('reads deb822 paragraphs, passing over sources and what is switched off', () => {
  const text = `Types: deb
# a comment
URIs: http://a.example/debian http://b.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/k.gpg

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://src.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://inline.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
`;
  const sources = parseDeb822Sources(text);
  assert.deepEqual(
    sources.map(({ uri, signedBy }) => [uri, signedBy]),
    [
      ['http://a.example/debian', '/usr/share/keyrings/k.gpg'],
      ['http://b.example/debian', '/usr/share/keyrings/k.gpg'],
      ['http://inline.example/debian', null],
    ],
  );
  assert.equal(mirrorOf(sources, 'bookworm'), 'http://a.example/debian');
  assert.equal(mirrorOf(sources, 'sid'), null);
});
