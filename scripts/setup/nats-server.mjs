import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { configuredSources, mirrorOf } from '../lib/debian-sources.mjs';
import { Failure } from '../lib/failure.mjs';
import { unpackDebianPackage } from '../lib/private-apt.mjs';
import { outputOf } from '../lib/run.mjs';
import { findProgram } from './host-packages.mjs';

/** Older ones silently ignore features that the platform relies on. */
export const MINIMUM = [2, 10, 27];
/** The first release of Debian whose package is new enough; it needs nothing but the C library, so it runs on older ones. */
const DEBIAN_RELEASE = 'trixie';
const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Whether a version such as `2.10.27` or `2.10.27-1+b2` is new enough. */
export function isNewEnough(version) {
  const parts = /(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (!parts) return false;
  const difference = parts.map((part, index) => part - MINIMUM[index]).find((step) => step !== 0);
  return (difference ?? 0) >= 0;
}

/**
 * Where a nats-server that is new enough is: the machine's own, or one unpacked from Debian's package below `tools`. It is never
 * installed, since the package starts a server of its own.
 * @returns {Promise<string>}
 */
export async function provideNatsServer(tools, say) {
  const unpacked = path.join(tools, 'nats-server');
  const candidates = [
    process.env.BULKHEAD_NATS_SERVER,
    findProgram('nats-server'),
    `${unpacked}/usr/sbin/nats-server`,
    `${unpacked}/usr/bin/nats-server`,
  ];
  const find = () =>
    candidates.find((file) => file && existsSync(file) && isNewEnough(outputOf(file, ['--version']) ?? ''));
  const found = find();
  if (found) return found;
  const source = chooseSource();
  say(`unpacking nats-server from Debian's ${source.suite} (not installed, no service of its own)`);
  await unpackDebianPackage({ name: 'nats-server', source, work: path.join(tools, 'apt'), into: unpacked });
  const provided = find();
  if (!provided) throw new Failure(`The nats-server of ${source.suite} is older than ${MINIMUM.join('.')}.`);
  return provided;
}

function chooseSource() {
  const release = parseOsRelease(readFileSync('/etc/os-release', 'utf8'));
  const mirror = mirrorOf(configuredSources(), release.VERSION_CODENAME);
  const advice = `Install nats-server ${MINIMUM.join('.')} or later and put it on the PATH, or name it in BULKHEAD_NATS_SERVER.`;
  if (!mirror)
    throw new Failure(
      `No package source for ${release.PRETTY_NAME ?? 'this system'} is configured in /etc/apt.`,
      advice,
    );
  if (release.ID === 'debian') return { uri: mirror, suite: DEBIAN_RELEASE, keyring: DEBIAN_KEYRING };
  const candidate = /Candidate:\s*(\S+)/.exec(outputOf('apt-cache', ['policy', 'nats-server']) ?? '')?.[1];
  if (candidate && isNewEnough(candidate))
    return {
      uri: mirror,
      suite: release.VERSION_CODENAME,
      keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    };
  throw new Failure(
    `${release.PRETTY_NAME} has nats-server ${candidate ?? '(none)'}, which is too old.`,
    advice,
  );
}

/** The assignments of /etc/os-release. */
export function parseOsRelease(text) {
  return Object.fromEntries(
    text
      .split('\n')
      .map((line) => /^([A-Z_]+)=("?)(.*)\2$/.exec(line))
      .filter(Boolean)
      .map(([, name, , value]) => [name, value]),
  );
}
