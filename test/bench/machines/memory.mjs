import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const MIB = 1024;

/** A process's share of memory in MiB (PSS), and what of it is a guest's own: the one mapping of exactly that size. */
export function memoryOf(pid, guestMb = 0) {
  const mappings = readFileSync(`/proc/${pid}/smaps`, 'latin1')
    .split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
    .map((text) => ({ size: fieldOf(text, 'Size'), pss: fieldOf(text, 'Pss') }));
  const total = mappings.reduce((sum, { pss }) => sum + pss, 0);
  const guest = mappings.find(({ size }) => size === guestMb * MIB)?.pss ?? 0;
  return { total: total / MIB, beyondGuest: (total - guest) / MIB };
}

const fieldOf = (text, name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);

/** Processes of an instance by name, as its supervisor wrote them down. @returns {Map<string, number>} */
export function servicesOf(data) {
  const directory = path.join(data, 'pids');
  const files = readdirSync(directory).filter((file) => file.endsWith('.pid'));
  return new Map(
    files.map((file) => [
      path.basename(file, '.pid'),
      JSON.parse(readFileSync(path.join(directory, file), 'utf8')).pid,
    ]),
  );
}

/** A process and everything it started. */
export function familyOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
  return [pid, ...children.map(Number).flatMap(familyOf)];
}

/** Processes of one machine: those in its cgroup, or, without hostd, its QEMU alone. */
export function processesOf(data, machine) {
  const hostd = path.join(data, 'hostd.json');
  if (!existsSync(hostd)) {
    const record = path.join(data, 'services/worker/vmm', machine, 'process.json');
    return [JSON.parse(readFileSync(record, 'utf8')).pid];
  }
  const { cgroup } = JSON.parse(readFileSync(hostd, 'utf8'));
  const home = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'].find((root) =>
    existsSync(path.join(root, cgroup)),
  );
  return readFileSync(path.join(home, cgroup, machine, 'cgroup.procs'), 'latin1')
    .trim()
    .split('\n')
    .map(Number);
}
