import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  DATABASE_SERVICES,
  ownerOf,
  passwordSettings,
  providePasswords,
} from '../../scripts/start/passwords.mjs';
import { accounts, layout, ownVolumes } from './state.mjs';

/** Makes the passwords of the database's roles, once. Each service gets the URL of its own; those of the owners are for migrations alone. */
const DATABASE = '/state/database';
const SOCKETS = '/var/run/postgresql';

ownVolumes();
mkdirSync(DATABASE, { recursive: true });
const passwords = providePasswords(path.join(DATABASE, 'passwords.json'));
for (const service of DATABASE_SERVICES) {
  const owner = ownerOf(service);
  giveUrl(path.join(layout.service(service), 'pg-url'), service, accounts[service]);
  giveUrl(path.join(layout.service('migrate'), `${owner}.url`), owner, accounts.migrate);
}
// Read by the containers of Postgres alone, the only others that mount this volume.
for (const [name, content] of [
  ['superuser-password', passwords.postgres],
  ['roles.psql', passwordSettings(passwords)],
]) {
  writeFileSync(path.join(DATABASE, name), content);
  chmodSync(path.join(DATABASE, name), 0o644);
}

function giveUrl(file, role, { uid, gid }) {
  const url = `postgres://bulkhead_${role}:${passwords[role]}@localhost/bulkhead?host=${encodeURIComponent(SOCKETS)}`;
  writeFileSync(file, url, { mode: 0o600 });
  chownSync(file, uid, gid);
}
