import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { canAccess } from './accounts.mjs';

/** Where data goes when service users can't enter the place asked for. */
const ELSEWHERE = '/var/lib/bulkhead-dev';

/**
 * Where everything of an instance is kept.
 * @typedef {ReturnType<typeof layoutOf>} Layout
 */
export const layoutOf = (data, { asked, cache = path.join(data, 'cache') }) => ({
  data,
  /** What was asked for; `data` is its real path. */
  asked,
  /** What can be made again: tools, the guest's kernel, images. Instances may share it. */
  cache,
  tools: path.join(cache, 'tools'),
  guest: path.join(cache, 'guest'),
  images: path.join(cache, 'images'),
  lock: path.join(data, 'instance.lock'),
  ports: path.join(data, 'ports.json'),
  passwords: path.join(data, 'passwords.json'),
  devFile: path.join(data, 'dev.json'),
  caFile: path.join(data, 'ca.pem'),
  logs: path.join(data, 'logs'),
  pids: path.join(data, 'pids'),
  sockets: path.join(data, 'run'),
  code: path.join(data, 'code'),
  /** What `init` leaves for each service to begin with; each file is readable by its service alone. */
  init: path.join(data, 'init'),
  /** The service's own directory, 0700. */
  service: (name) => path.join(data, 'services', name),
  log: (name) => path.join(data, 'logs', `${name}.log`),
});

/**
 * Makes the data directory where every service can enter it: as asked for, or below /var/lib with a link there.
 * Proven by access as each of the users.
 * @returns {string} its real path
 */
export function placeDataDirectory(wanted, accounts, say) {
  if (!isThere(wanted)) mkdirSync(wanted, { recursive: true, mode: 0o755 });
  const real = realpathSync(wanted);
  if (everyoneEnters(accounts, real)) return real;
  const elsewhere = path.join(ELSEWHERE, createHash('sha256').update(wanted).digest('hex').slice(0, 12));
  replaceByLink(wanted, elsewhere);
  if (!everyoneEnters(accounts, realpathSync(wanted)))
    throw new Failure(
      `The services' users can enter neither ${wanted} nor ${elsewhere}.`,
      'Set BULKHEAD_DATA to a directory whose parents everyone may enter (mode 755).',
    );
  say(
    `the services' users can't enter ${wanted}: data is in ${elsewhere}, and ${path.basename(wanted)} is a link`,
  );
  return elsewhere;
}

/** Makes the directories of an instance, each for its owner alone. */
export function makeDirectories(layout, accounts) {
  const shared = [
    layout.data,
    layout.cache,
    layout.logs,
    layout.pids,
    layout.sockets,
    path.join(layout.data, 'services'),
  ];
  for (const directory of shared) {
    mkdirSync(directory, { recursive: true });
    chmodSync(directory, process.getuid() === 0 ? 0o711 : 0o700);
  }
  if (process.getuid() === 0) chmodSync(layout.cache, 0o755);
  makePrivate(layout.init, accounts.vault);
  // Entered, not listed, by nats-server, whose configuration is in there.
  chmodSync(layout.init, 0o711);
  for (const [name, account] of Object.entries(accounts)) makePrivate(layout.service(name), account);
  proveAccess(layout, accounts);
}

/** A directory that its owner alone gets at. */
export function makePrivate(directory, account) {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  if (account) chownSync(directory, account.uid, account.gid);
}

function proveAccess(layout, accounts) {
  for (const [name, account] of Object.entries(accounts)) {
    const own = layout.service(name);
    if (!canAccess(account, 'w', own))
      throw new Failure(
        `${account.name} can't write ${own}.`,
        'Is the file system mounted read-only, or a parent closed?',
      );
    const foreign = Object.keys(accounts).find(
      (other) => other !== name && account && canAccess(account, 'r', layout.service(other)),
    );
    if (foreign)
      throw new Failure(`${account.name} can read ${layout.service(foreign)}, which is another service's.`);
  }
}

const everyoneEnters = (accounts, directory) =>
  Object.values(accounts).every((account) => canAccess(account, 'x', directory));

function replaceByLink(wanted, elsewhere) {
  mkdirSync(ELSEWHERE, { recursive: true, mode: 0o755 });
  mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
  if (lstatSync(wanted).isSymbolicLink() || readdirSync(wanted).length > 0)
    throw new Failure(
      `${wanted} holds data that the services' users can't get at.`,
      `Let everyone enter its parents (chmod a+x), or move it away: its place will be ${elsewhere}.`,
    );
  rmdirSync(wanted);
  symlinkSync(elsewhere, wanted);
}

/** True for a link whose target is gone too. */
function isThere(file) {
  if (existsSync(file)) return true;
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}
