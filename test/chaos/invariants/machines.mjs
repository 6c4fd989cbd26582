import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { controlGroup } from '../../../scripts/start/hostd-configuration.mjs';

const LOOK_EVERY_MS = 100;
const CGROUPS = '/sys/fs/cgroup';

/**
 * One look at the virtual machines that really run, by host and machine.
 * @param {string[]} hosts data directory of each host, which names its control group
 * @returns {Map<string, { machine: string, processes: string }>} by `host/machine`
 */
function running(hosts) {
  const hierarchy = existsSync(path.join(CGROUPS, 'cgroup.controllers'))
    ? CGROUPS
    : path.join(CGROUPS, 'pids');
  const found = new Map();
  hosts.forEach((data, host) => {
    const home = path.join(hierarchy, controlGroup(data), 'machines');
    if (!existsSync(home)) return;
    for (const { name: machine } of readdirSync(home, { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    )) {
      const processes = processesOf(path.join(home, machine, 'cgroup.procs'));
      if (processes) found.set(`${host}/${machine}`, { machine, processes });
    }
  });
  return found;
}

function processesOf(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    // It ended between two looks. ENODEV is what the kernel says of a group being removed.
    if (error.code === 'ENOENT' || error.code === 'ENODEV') return '';
    throw error;
  }
}

/** Watches which virtual machines run, whatever the platform says of them. */
export class MachineWatch {
  /** When a machine ran on two hosts at once: first and last look, by machine. */
  overlaps = new Map();
  #first;
  #timer;
  #hosts;

  /** @param {string[]} hosts data directory of each host */
  constructor(hosts) {
    this.#hosts = hosts;
    this.#first = running(hosts);
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  stop() {
    clearInterval(this.#timer);
  }

  /** What ran at the beginning runs in the same processes. */
  assertNoneEnded(machines) {
    const now = running(this.#hosts);
    for (const [place, { machine, processes }] of this.#first)
      if (machines.includes(machine))
        assert.equal(now.get(place)?.processes, processes, `the virtual machine ${machine} was ended`);
  }

  #look() {
    const counts = new Map();
    for (const { machine } of running(this.#hosts).values())
      counts.set(machine, (counts.get(machine) ?? 0) + 1);
    const at = performance.now();
    for (const [machine, count] of counts)
      if (count > 1) this.overlaps.set(machine, { from: this.overlaps.get(machine)?.from ?? at, to: at });
  }
}
