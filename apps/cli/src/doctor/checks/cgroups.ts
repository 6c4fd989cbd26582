import { access, constants, readFile } from 'node:fs/promises';
import type { Check } from '../check.js';

const NEEDED = ['memory', 'pids', 'cpu'] as const;

/** Limits of machines: memory, processes and CPU share, on either version of control groups. */
export const cgroups: Check = {
  name: 'cgroups',
  async run() {
    const version = await mountedVersion();
    if (version === null)
      return {
        status: 'failed',
        found: 'no control groups are mounted',
        advice: 'Machines run without limits here.',
      };
    const controllers = await availableControllers(version);
    const missing = NEEDED.filter((name) => !controllers.has(name));
    if (missing.length > 0)
      return {
        status: 'failed',
        found: `version ${version}, without ${missing.join(', ')}`,
        advice: 'Enable these controllers (kernel command line, or the delegation of the slice).',
      };
    const writable = await access('/sys/fs/cgroup', constants.W_OK).then(
      () => true,
      () => false,
    );
    return writable
      ? { status: 'ok', found: `version ${version} with ${NEEDED.join(', ')}` }
      : {
          status: 'unknown',
          found: `version ${version}; only root may set limits`,
          advice: 'Run doctor as root.',
        };
  },
};

async function mountedVersion(): Promise<1 | 2 | null> {
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const types = mounts.split('\n').map((line) => line.split(' '));
  if (types.some(([, at, type]) => type === 'cgroup2' && at === '/sys/fs/cgroup')) return 2;
  return types.some(([, , type]) => type === 'cgroup') ? 1 : null;
}

async function availableControllers(version: 1 | 2): Promise<Set<string>> {
  if (version === 2)
    return new Set((await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8')).trim().split(' '));
  const mounts = await readFile('/proc/self/mounts', 'utf8');
  const options = mounts.split('\n').filter((line) => line.split(' ')[2] === 'cgroup');
  return new Set(options.flatMap((line) => line.split(' ')[3]?.split(',') ?? []));
}
