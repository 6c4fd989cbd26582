import { access, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killIfThere } from '../runtime/qemu/kill.js';

export interface Limits {
  readonly memoryBytes: number;
  readonly processes: number;
}

/** What a cgroup weighs by default: cpu.shares of v1 for the 100 of v2's cpu.weight. */
const V1_SHARES = 1024 / 100;
const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
const KILL_LIMIT_MS = 10_000;

/** One cgroup per machine below a parent of ours: its limits, and the handle by which it is killed. */
export interface Cgroups {
  create(machine: string, limits: Limits): Promise<void>;
  add(machine: string, pid: number): Promise<void>;
  hasProcesses(machine: string): Promise<boolean>;
  /** Kills every process, waits for their end and removes the cgroup. Repeatable. */
  remove(machine: string): Promise<void>;
  list(): Promise<string[]>;
  /** Removes the parent, once no machine is left. */
  destroy(): Promise<void>;
}

export interface CgroupSettings {
  /** The parent, relative to the hierarchy's root. */
  readonly cgroup: string;
  /** What all guests together weigh, in cgroup v2's terms: 100 is the kernel's default. */
  readonly cpuWeight: number;
}

/** Opens the hierarchy this host has mounted: v2 where the root is unified, else v1. */
export async function openCgroups(settings: CgroupSettings, root = '/sys/fs/cgroup'): Promise<Cgroups> {
  const unified = await access(join(root, 'cgroup.controllers')).then(
    () => true,
    () => false,
  );
  return unified ? openUnified(root, settings) : openLegacy(root, settings);
}

/** cgroup v2 (Documentation/admin-guide/cgroup-v2). */
async function openUnified(root: string, { cgroup: parent, cpuWeight }: CgroupSettings): Promise<Cgroups> {
  const home = join(root, parent);
  await mkdir(home, { recursive: true });
  const enabled = CONTROLLERS.map((controller) => `+${controller}`).join(' ');
  let ancestor = root;
  for (const part of ['', ...parent.split('/')]) {
    ancestor = join(ancestor, part);
    await writeFile(join(ancestor, 'cgroup.subtree_control'), enabled);
  }
  await writeFile(join(home, 'cpu.weight'), String(cpuWeight));
  return new MachineCgroups([home], async (machine, { memoryBytes, processes }) => {
    await writeFile(join(home, machine, 'memory.max'), String(memoryBytes));
    await writeFile(join(home, machine, 'memory.swap.max'), '0').catch(ignoreMissing);
    await writeFile(join(home, machine, 'pids.max'), String(processes));
  });
}

/** cgroup v1: one hierarchy per controller (Documentation/admin-guide/cgroup-v1). */
async function openLegacy(root: string, { cgroup: parent, cpuWeight }: CgroupSettings): Promise<Cgroups> {
  const homes = CONTROLLERS.map((controller) => join(root, controller, parent));
  const [memory = '', pids = '', cpu = ''] = homes;
  for (const home of homes) await mkdir(home, { recursive: true });
  await writeFile(join(cpu, 'cpu.shares'), String(Math.round(cpuWeight * V1_SHARES)));
  return new MachineCgroups(homes, async (machine, { memoryBytes, processes }) => {
    await writeFile(join(memory, machine, 'memory.limit_in_bytes'), String(memoryBytes));
    await writeFile(join(pids, machine, 'pids.max'), String(processes));
  });
}

class MachineCgroups implements Cgroups {
  constructor(
    private readonly homes: readonly string[],
    private readonly setLimits: (machine: string, limits: Limits) => Promise<void>,
  ) {}

  async create(machine: string, limits: Limits): Promise<void> {
    for (const home of this.homes) await mkdir(join(home, machine), { recursive: true });
    await this.setLimits(machine, limits);
  }

  async add(machine: string, pid: number): Promise<void> {
    for (const home of this.homes) await writeFile(join(home, machine, 'cgroup.procs'), String(pid));
  }

  async hasProcesses(machine: string): Promise<boolean> {
    return (await this.#processes(machine)).length > 0;
  }

  async remove(machine: string): Promise<void> {
    const deadline = Date.now() + KILL_LIMIT_MS;
    for (;;) {
      const pids = await this.#processes(machine);
      if (pids.length === 0) break;
      if (Date.now() > deadline)
        throw new Error(`Processes ${pids.join(', ')} of machine ${machine} can't be killed.`);
      pids.forEach(killIfThere);
      await sleep(5);
    }
    for (const home of this.homes) await this.#removeDirectory(join(home, machine), deadline);
  }

  async list(): Promise<string[]> {
    const entries = await Promise.all(this.homes.map((home) => readdir(home, { withFileTypes: true })));
    return [...new Set(entries.flat().flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])))];
  }

  async destroy(): Promise<void> {
    for (const home of this.homes) await rmdir(home);
  }

  async #processes(machine: string): Promise<number[]> {
    const texts = await Promise.all(
      this.homes.map((home) => readFile(join(home, machine, 'cgroup.procs'), 'utf8').catch(missingIsEmpty)),
    );
    return [...new Set(texts.join('\n').split('\n').filter(Boolean).map(Number))];
  }

  /** A cgroup stays busy for a moment after its last process. */
  async #removeDirectory(path: string, deadline: number): Promise<void> {
    for (;;) {
      try {
        return await rmdir(path);
      } catch (error) {
        if (isCode(error, 'ENOENT')) return;
        if (!isCode(error, 'EBUSY') || Date.now() > deadline) throw error;
        await sleep(5);
      }
    }
  }
}

const isCode = (error: unknown, code: string) =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code;

function missingIsEmpty(error: unknown): string {
  if (isCode(error, 'ENOENT') || isCode(error, 'ENODEV')) return '';
  throw error;
}

function ignoreMissing(error: unknown): void {
  if (!isCode(error, 'ENOENT')) throw error;
}
