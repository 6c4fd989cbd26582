import {
  chownSync,
  copyFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import { run } from '../lib/run.mjs';
import { JOINING, initEnvironment } from './services.mjs';

/**
 * Runs the vault's `init`: master key, internal CA, bus accounts, first join tokens, admin token. Then hands to each service what
 * it begins with. A later run changes nothing that is good.
 * @returns {Promise<{ adminToken: string }>}
 */
export async function initialize(instance) {
  const { layout, accounts, code, tools } = instance;
  give(layout.init, accounts.vault);
  await run(tools.node, ['--enable-source-maps', path.join(code, 'apps/vault/dist/init/main.js')], {
    ...accounts.vault,
    cwd: layout.service('vault'),
    env: initEnvironment(instance),
    what: 'init',
  });
  give(path.join(layout.init, 'nats'), accounts.nats);
  for (const service of JOINING) if (service in accounts) handJoinToken(layout, service, accounts[service]);
  return { adminToken: readFileSync(path.join(layout.init, 'admin-token'), 'utf8').trim() };
}

/** A service that has its identity needs no token any more. */
function handJoinToken(layout, service, account) {
  const token = path.join(layout.init, service, 'join-token');
  const own = path.join(layout.service(service), 'join-token');
  rmSync(own, { force: true });
  if (!existsSync(token) || existsSync(path.join(layout.service(service), 'identity.json'))) return;
  copyFileSync(token, own);
  chmodSync(own, 0o600);
  if (account) chownSync(own, account.uid, account.gid);
}

/** Makes a directory and all in it an account's own. Links are not followed. */
function give(directory, account) {
  if (!account) return;
  chownSync(directory, account.uid, account.gid);
  for (const name of readdirSync(directory)) {
    const file = path.join(directory, name);
    const found = lstatSync(file);
    if (found.isDirectory()) give(file, account);
    else if (found.isFile()) chownSync(file, account.uid, account.gid);
  }
}
