import { spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { machineId } from '@bulkhead/contracts/ids';
import type { MachineId } from '@bulkhead/domain';
import { z } from 'zod';
import { qemuArguments } from './arguments.js';
import type { BootFiles } from './boot-files.js';
import { FirstWords } from './first-words.js';
import { hostTscKhz } from './host-clock.js';
import { killIfThere } from './kill.js';
import type { Launch, Launched, VmLauncher } from './launcher.js';
import { macAddress } from './mac.js';

const QEMU = 'qemu-system-x86_64';
const processRecord = z.object({ pid: z.int().positive(), startedAt: z.string() });

/**
 * Starts VMMs as this user: without a jail of their own, cgroup limits or taps. Their network is QEMU's own, cut off
 * from everything but the forwarded service ports.
 */
export class UnprivilegedLauncher implements VmLauncher {
  readonly network = 'forward';
  readonly isolated = false;
  readonly missing = [
    'no privileged helper: VMMs run as the worker’s user, without cgroup limits',
    'QEMU user networking: only the ports of services are reachable, machines can’t reach each other',
  ];

  readonly #errors = new Map<MachineId, FirstWords>();

  constructor(
    private readonly directory: string,
    private readonly bootFiles: BootFiles,
  ) {}

  async start(launch: Launch): Promise<Launched> {
    const directory = this.#directoryOf(launch.machine);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const forwards = Object.fromEntries(
      await Promise.all(launch.servicePorts.map(async (port) => [port, await freePort()] as const)),
    );
    const args = qemuArguments({
      accel: launch.accel,
      cpus: launch.cpus,
      memoryMb: launch.memoryMb,
      kernel: this.bootFiles.kernel,
      initrd: this.bootFiles.initrd,
      tscKhz: await hostTscKhz(),
      disk: launch.rootfs !== null,
      network:
        launch.link === null ? { kind: 'none' } : { kind: 'user', mac: macAddress(launch.machine), forwards },
      resume: launch.resume,
    });
    const vmm = await spawnDetached(args, directory, launch.rootfs);
    this.#errors.set(launch.machine, vmm.errors);
    const { pid } = vmm;
    const startedAt = await processStart(pid);
    await writeFile(join(directory, 'process.json'), JSON.stringify({ pid, startedAt }), { mode: 0o600 });
    return { directory, reach: { kind: 'forward', ports: forwards } };
  }

  /** The VMM has its user network from its start. */
  async admit(machine: MachineId): Promise<void> {
    this.#errors.get(machine)?.close();
  }

  async complaint(machine: MachineId): Promise<string> {
    return this.#errors.get(machine)?.text ?? '';
  }

  async remove(machine: MachineId): Promise<void> {
    const directory = this.#directoryOf(machine);
    const text = await readFile(join(directory, 'process.json'), 'utf8').catch(() => undefined);
    if (text !== undefined) await killProcess(processRecord.parse(JSON.parse(text)));
    this.#errors.get(machine)?.close();
    this.#errors.delete(machine);
    await rm(directory, { recursive: true, force: true });
  }

  async list(): Promise<MachineId[]> {
    const names = await readdir(this.directory).catch(() => []);
    return names.flatMap((name) => machineId.safeParse(name).data ?? []);
  }

  #directoryOf(machine: MachineId): string {
    return join(this.directory, machine);
  }
}

/** The VMM leads a session of its own: it survives this process and its terminal. */
async function spawnDetached(
  args: string[],
  cwd: string,
  rootfs: string | null,
): Promise<{ pid: number; errors: FirstWords }> {
  const image = rootfs === null ? null : await open(rootfs, 'r');
  try {
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', image?.fd ?? 'ignore'];
    const child = spawn(QEMU, args, { cwd, detached: true, stdio, env: {} });
    await once(child, 'spawn');
    child.unref();
    if (child.pid === undefined || child.stderr === null) throw new Error(`${QEMU} has no process id.`);
    return { pid: child.pid, errors: new FirstWords(child.stderr) };
  } finally {
    await image?.close();
  }
}

/** A pid alone may be somebody else's by now; with its start time (proc(5), field 22) it is unique. */
async function processStart(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function killProcess({ pid, startedAt }: z.infer<typeof processRecord>): Promise<void> {
  const runs = async () => (await processStart(pid).catch(() => '')) === startedAt && !(await isZombie(pid));
  if (!(await runs())) return;
  killIfThere(pid);
  while (await runs()) await sleep(5);
}

async function isZombie(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
  return stat[stat.lastIndexOf(')') + 2] === 'Z';
}

/** A port that was free a moment ago; where it is taken meanwhile QEMU ends and the boot is tried again. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port.');
  return address.port;
}
