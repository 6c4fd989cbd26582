import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { run, succeeds } from '../lib/run.mjs';

const SEARCH = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where a program is: on the PATH, or where Debian keeps those for root. Null where it isn't installed. */
export function findProgram(name) {
  const directories = [...(process.env.PATH ?? '').split(':'), ...SEARCH].filter((entry) =>
    entry.startsWith('/'),
  );
  return directories.map((directory) => path.join(directory, name)).find((file) => existsSync(file)) ?? null;
}

/** The directory of Postgres' own programs, newest version first; Debian keeps them off the PATH. */
export function findPostgres() {
  const base = '/usr/lib/postgresql';
  if (existsSync(base)) {
    const versions = readdirSync(base).filter((version) => existsSync(`${base}/${version}/bin/initdb`));
    const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
    if (newest) return `${base}/${newest}/bin`;
  }
  const initdb = findProgram('initdb');
  return initdb ? path.dirname(initdb) : null;
}

const program = (name) => () => findProgram(name) !== null;

/** What the platform needs of its host: the Debian package, what for, and how to see that it is there. */
export const HOST_PACKAGES = [
  {
    name: 'ca-certificates',
    use: 'packages over HTTPS',
    isThere: () => existsSync('/etc/ssl/certs/ca-certificates.crt'),
  },
  { name: 'curl', use: 'the command that shows the app', isThere: program('curl') },
  { name: 'postgresql', use: 'the journal', isThere: () => findPostgres() !== null },
  { name: 'qemu-system-x86', use: 'microVMs', isThere: program('qemu-system-x86_64') },
  { name: 'erofs-utils', use: "images' file systems", isThere: program('mkfs.erofs') },
  { name: 'golang-go', use: "building the guest's init", isThere: program('go') },
  { name: 'xz-utils', use: "the guest's kernel modules", isThere: program('xz') },
  { name: 'nftables', use: 'packet filters', isThere: program('nft') },
  { name: 'iproute2', use: "machines' network interfaces", isThere: program('ip') },
  { name: 'bubblewrap', use: "QEMU's jail without root", isThere: program('bwrap') },
  { name: 'util-linux', use: "each service's own user", isThere: program('setpriv') },
];

/** What the edge is compared with. */
export const PEER_PROXIES = [
  { name: 'nginx', use: 'comparing the edge with it', isThere: program('nginx') },
  { name: 'haproxy', use: 'comparing the edge with it', isThere: program('haproxy') },
];

/**
 * Installs the missing ones with apt, saying which.
 * @param {readonly string[]} more further packages that a caller needs
 * @throws {Failure} with the one command to run where the rights are missing
 */
export async function installHostPackages(say, { packages = HOST_PACKAGES, log } = {}) {
  const missing = packages.filter((entry) => !entry.isThere());
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.name);
  const sudo = await privilegePrefix(names);
  for (const entry of missing) say(`installing ${entry.name}: ${entry.use}`);
  const apt = (args) => {
    const command = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return run(command[0], command.slice(1), { what: `apt-get ${args[0]}`, ...(log ? { log } : {}) });
  };
  await apt(['update']);
  await withoutSystemCluster(sudo, () => apt(['install', '-y', '--no-install-recommends', ...names]));
  const still = missing.filter((entry) => !entry.isThere()).map((entry) => entry.name);
  if (still.length > 0)
    throw new Failure(`apt-get installed ${still.join(', ')}, yet what it is for is not found.`);
}

/** What to put before a command that needs root: nothing, or sudo where it asks no password. */
async function privilegePrefix(names) {
  if (!findProgram('apt-get'))
    throw new Failure(
      `These packages are missing: ${names.join(', ')}, and this is no Debian or Ubuntu.`,
      'Install what they are called here, then start again.',
    );
  if (process.getuid() === 0) return [];
  if (findProgram('sudo') && succeeds('sudo', ['-n', 'true'])) return ['sudo', '-n'];
  throw new Failure(
    `These packages are missing: ${names.join(', ')}.`,
    `Run this once, then start again:\n\n  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}'`,
  );
}

const CLUSTER_RULE = '/etc/postgresql-common/createcluster.d/bulkhead.conf';

/** The platform runs a Postgres cluster of its own: while its package is installed, Debian is told to make and start none. */
async function withoutSystemCluster(sudo, install) {
  const rule = 'create_main_cluster = false\n';
  if (sudo.length === 0) {
    mkdirSync(path.dirname(CLUSTER_RULE), { recursive: true });
    writeFileSync(CLUSTER_RULE, rule);
  } else {
    await run(sudo[0], [...sudo.slice(1), 'mkdir', '-p', path.dirname(CLUSTER_RULE)]);
    await run(sudo[0], [...sudo.slice(1), 'tee', CLUSTER_RULE], { input: rule });
  }
  try {
    return await install();
  } finally {
    if (sudo.length === 0) rmSync(CLUSTER_RULE, { force: true });
    else await run(sudo[0], [...sudo.slice(1), 'rm', '-f', CLUSTER_RULE]);
  }
}
