import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { passwordSettings, providePasswords } from './passwords.mjs';

const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-passwords-'));
after(() => rmSync(directory, { recursive: true }));

test('passwords are made once, differ, and are their owner’s alone to read', () => {
  const file = path.join(directory, 'fresh.json');
  const made = providePasswords(file);
  assert.deepEqual(providePasswords(file), made);
  assert.equal(new Set(Object.values(made)).size, 9);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

test('an instance of an earlier release keeps its passwords and gets those of the roles it lacks', () => {
  const file = path.join(directory, 'earlier.json');
  writeFileSync(file, JSON.stringify({ postgres: 'p', vault: 'v', scheduler: 's', api: 'a', audit: 'u' }));
  const passwords = providePasswords(file);
  assert.equal(passwords.vault, 'v');
  assert.match(passwords.vault_owner, /^[0-9a-f]{48}$/);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), passwords);
});

test('every role of roles.sql is told its password', () => {
  const roles = readFileSync(new URL('../../infra/postgres/roles.sql', import.meta.url), 'utf8');
  const wanted = [...roles.matchAll(/:'(\w+_password)'/g)].map(([, name]) => name).sort();
  const told = [...passwordSettings({}).matchAll(/\\set (\w+) /g)].map(([, name]) => name).sort();
  assert.deepEqual(told, wanted);
});
