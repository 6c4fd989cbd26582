import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { succeeds } from '../lib/run.mjs';

/**
 * What this start can't give, each as a sentence for the summary. Where there is anything, machines run in the mode that needs no
 * privilege; everything else is as always.
 * @returns {string[]}
 */
export function missingAbilities() {
  if (process.getuid() !== 0)
    return [
      'users of their own for the services: all run as you',
      ...WITHOUT_HELPER,
      '(all of it is there when npm start runs as root)',
    ];
  const reasons = CONDITIONS.filter(([holds]) => !holds()).map(([, reason]) => reason);
  return reasons.length === 0 ? [] : [...WITHOUT_HELPER, ...reasons.map((reason) => `(because ${reason})`)];
}

const WITHOUT_HELPER = [
  "network interfaces of machines' own: QEMU's user networking with loopback forwards instead",
  'cgroup limits and jails for machines',
];

/** What hostd, the privileged helper, needs of a root that may be a container's. */
const CONDITIONS = [
  [() => succeeds('unshare', ['--net', 'true']), 'this root may not make network namespaces'],
  [() => succeeds('unshare', ['--mount', 'true']), 'this root may not make mount namespaces'],
  [() => existsSync('/dev/net/tun'), 'there is no /dev/net/tun'],
  [
    () => isWritable('/proc/sys/net/ipv6/conf/all/accept_ra'),
    '/proc/sys is read-only, as in most containers',
  ],
  [() => !isIpv6Off(), 'IPv6 is switched off for new interfaces (net.ipv6.conf.default.disable_ipv6)'],
  [() => canMakeCgroups(), 'this root may not make control groups'],
];

function canMakeCgroups() {
  const parent = existsSync('/sys/fs/cgroup/cgroup.controllers') ? '/sys/fs/cgroup' : '/sys/fs/cgroup/memory';
  const probe = `${parent}/bulkhead-probe-${process.pid}`;
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return true;
  } catch {
    return false;
  }
}

function isWritable(file) {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isIpv6Off() {
  try {
    return readFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'latin1').trim() === '1';
  } catch {
    return true;
  }
}
