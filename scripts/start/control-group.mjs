import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = '/sys/fs/cgroup';
/** Four times what one process weighs: an instance among a developer's other work. */
const INSTANCE_WEIGHT = { v1: '4096', v2: '400' };

/**
 * Puts this process, and so every service it starts, into a control group beside that of the machines (hostd gives theirs a tenth
 * of the weight). Without it machines would compete with everything else on this computer at that tenth.
 * @param {string} group the instance's own, below the root
 * @param {(text: string) => void} say
 */
export function enterServicesGroup(group, say) {
  try {
    if (isUnified()) enterUnified(group);
    else enterLegacy(group);
  } catch (error) {
    say(`no control group for the services, so machines may be slow on a busy computer: ${error.message}`);
  }
}

/** Leaves the group again and removes it; only once every other process of the instance is gone. */
export function leaveServicesGroup(group) {
  const hierarchy = path.join(ROOT, isUnified() ? '' : 'cpu');
  const services = path.join(hierarchy, group, 'services');
  if (existsSync(services)) {
    writeFileSync(path.join(hierarchy, 'cgroup.procs'), String(process.pid));
    rmdirSync(services);
  }
  removeMachinesGroup(group);
}

/** Removes the group in which hostd put machines, with that of the instance around it; only once none runs. */
export function removeMachinesGroup(group) {
  for (const hierarchy of isUnified() ? [''] : ['memory', 'pids', 'cpu'])
    for (const part of [`${group}/machines`, group]) {
      const directory = path.join(ROOT, hierarchy, part);
      if (existsSync(directory)) rmdirSync(directory);
    }
}

const isUnified = () => existsSync(path.join(ROOT, 'cgroup.controllers'));

function enterUnified(group) {
  const services = path.join(ROOT, group, 'services');
  mkdirSync(services, { recursive: true });
  writeFileSync(path.join(ROOT, 'cgroup.subtree_control'), '+cpu');
  writeFileSync(path.join(ROOT, group, 'cgroup.subtree_control'), '+cpu');
  writeFileSync(path.join(ROOT, group, 'cpu.weight'), INSTANCE_WEIGHT.v2);
  writeFileSync(path.join(services, 'cgroup.procs'), String(process.pid));
}

function enterLegacy(group) {
  const services = path.join(ROOT, 'cpu', group, 'services');
  mkdirSync(services, { recursive: true });
  writeFileSync(path.join(ROOT, 'cpu', group, 'cpu.shares'), INSTANCE_WEIGHT.v1);
  writeFileSync(path.join(services, 'cgroup.procs'), String(process.pid));
}
