import { succeeds } from '../lib/run.mjs';

/**
 * What this start can't give for want of rights, each as a sentence for the summary.
 * @returns {string[]}
 */
export function missingAbilities() {
  if (process.getuid() !== 0)
    return [
      'users of their own for the services: all run as you',
      'machines’ own network interfaces: QEMU’s user networking with loopback forwards instead',
      'cgroup limits for machines',
      'all three are there when npm start runs as root',
    ];
  const missing = [];
  if (!succeeds('unshare', ['--net', 'true'])) missing.push('network namespaces: this root may not make any');
  if (!succeeds('unshare', ['--mount', 'true'])) missing.push('QEMU’s jail: this root may not mount');
  return missing;
}
