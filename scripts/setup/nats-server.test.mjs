import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isNewEnough, parseOsRelease } from './nats-server.mjs';

test('knows old versions from new ones, however they are written', () => {
  for (const version of ['2.10.27', 'nats-server: v2.10.28', '2.11.0-1', '2.10.27-1+b2', '3.0.0', '10.0.0'])
    assert.equal(isNewEnough(version), true, version);
  for (const version of ['2.9.10', '2.10.26', '1.99.99', '(none)', ''])
    assert.equal(isNewEnough(version), false, version);
});

test('reads os-release with and without quotes', () => {
  assert.deepEqual(
    parseOsRelease('ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_CODENAME=bookworm\n'),
    {
      ID: 'debian',
      PRETTY_NAME: 'Debian GNU/Linux 12 (bookworm)',
      VERSION_CODENAME: 'bookworm',
    },
  );
});
