import { existsSync } from 'node:fs';

/**
 * What a container needs to run machines: its own network interfaces, mounts and control groups. Named one by one, since a host
 * that lacks one of all capabilities can't give `--privileged`.
 */
export const MACHINE_HOST = [
  ...['SYS_ADMIN', 'NET_ADMIN', 'SYS_PTRACE', 'MKNOD', 'SYS_CHROOT', 'SETUID', 'SETGID'].map(
    (name) => `--cap-add=${name}`,
  ),
  '--security-opt=seccomp=unconfined',
  '--security-opt=apparmor=unconfined',
  // Settings of network interfaces are below /proc/sys, which is read-only in a container otherwise.
  '--security-opt=systempaths=unconfined',
  '--sysctl=net.ipv6.conf.all.disable_ipv6=0',
  '--sysctl=net.ipv6.conf.default.disable_ipv6=0',
  '--cgroupns=host',
  '--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw',
  ...['/dev/net/tun', '/dev/fuse', '/dev/kvm']
    .filter((file) => existsSync(file))
    .map((file) => `--device=${file}`),
];

/** Certificates that this host trusts beside the usual ones, for package managers inside of containers. */
export function extraCertificates() {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  if (!file || !existsSync(file)) return [];
  return [`--volume=${file}:/run/extra-ca.pem:ro`, '--env=NODE_EXTRA_CA_CERTS=/run/extra-ca.pem'];
}
