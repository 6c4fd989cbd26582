import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isInstalled } from './npm-packages.mjs';

const locked = {
  '': { name: 'root' },
  'libs/a': { version: '0.1.0' },
  'node_modules/@b/a': { link: true },
  'node_modules/x': { version: '1.0.0', integrity: 'sha512-x' },
  'node_modules/mac-only': { version: '1.0.0', integrity: 'sha512-m', optional: true },
};
const installed = {
  'libs/a': { version: '0.1.0' },
  'node_modules/@b/a': { link: true },
  'node_modules/x': { version: '1.0.0', integrity: 'sha512-x' },
};
const without = (packages, name) =>
  Object.fromEntries(Object.entries(packages).filter(([where]) => where !== name));

test('packages for other systems may be missing, nothing else', () => {
  assert.equal(isInstalled(locked, installed), true);
  assert.equal(isInstalled(locked, without(installed, 'node_modules/x')), false);
  assert.equal(isInstalled(locked, without(installed, 'node_modules/@b/a')), false);
});

test('other versions, other content and leftovers mean another installation', () => {
  const changed = (change) => ({
    ...installed,
    'node_modules/x': { ...installed['node_modules/x'], ...change },
  });
  assert.equal(isInstalled(locked, changed({ version: '1.0.1' })), false);
  assert.equal(isInstalled(locked, changed({ integrity: 'sha512-y' })), false);
  assert.equal(isInstalled(locked, { ...installed, 'node_modules/old': { version: '1.0.0' } }), false);
  assert.equal(isInstalled(locked, null), false);
});
