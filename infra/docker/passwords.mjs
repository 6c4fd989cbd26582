import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DATABASE_SERVICES, providePasswords } from '../../scripts/start/passwords.mjs';
import { accounts, layout, ownVolumes } from './state.mjs';

/** Makes the passwords of the database's roles, once, and gives each service the URL of its own. */
const DATABASE = '/state/database';
const SOCKETS = '/var/run/postgresql';

ownVolumes();
mkdirSync(DATABASE, { recursive: true });
const passwords = providePasswords(path.join(DATABASE, 'passwords.json'));
for (const role of DATABASE_SERVICES) {
  const file = path.join(layout.service(role), 'pg-url');
  const url = `postgres://bulkhead_${role}:${passwords[role]}@localhost/bulkhead?host=${encodeURIComponent(SOCKETS)}`;
  writeFileSync(file, url, { mode: 0o600 });
  chownSync(file, accounts[role].uid, accounts[role].gid);
}
// Read by the containers of Postgres alone, the only others that mount this volume.
const settings = DATABASE_SERVICES.map((role) => `\\set ${role}_password '${passwords[role]}'\n`).join('');
for (const [name, content] of [
  ['superuser-password', passwords.postgres],
  ['roles.psql', settings],
]) {
  writeFileSync(path.join(DATABASE, name), content);
  chmodSync(path.join(DATABASE, name), 0o644);
}
