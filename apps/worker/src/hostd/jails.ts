import { chmod, chown, mkdir, readdir, readFile, rename, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FirstWords } from '../runtime/qemu/first-words.js';
import type { VmmNetwork } from '../runtime/qemu/arguments.js';
import { hostTscKhz } from '../runtime/qemu/host-clock.js';
import { macAddress } from '../runtime/qemu/mac.js';
import type { Cgroups } from './cgroups.js';
import { command } from './command.js';
import type { HostdConfig } from './config.js';
import { openImage, startJail } from './jail.js';
import type { Link, MachineNetworks } from './machine-network.js';
import type { StartRequest } from './protocol.js';
import { Refusal } from './refusal.js';

const record = z.object({ slot: z.int().nonnegative(), address: z.string().nullable() });
type JailRecord = z.infer<typeof record>;

/** Memory of a VMM beyond its guest's: QEMU itself, its translation cache, and a share per processor. */
const OVERHEAD_MB = 192;
const OVERHEAD_PER_CPU_MB = 16;
/** QEMU's threads: one per processor, its main loop and up to 64 that do disk work. */
const BASE_THREADS = 96;
const DEVICES = { tun: ['c', '10', '200'], kvm: ['c', '10', '232'] } as const;

/** Everything that was made for machines on this host; each is found again after a restart by its record on disk. */
export class Jails {
  readonly #records = new Map<string, JailRecord>();
  readonly #errors = new Map<string, FirstWords>();

  private constructor(
    private readonly config: HostdConfig,
    private readonly cgroups: Cgroups,
    private readonly networks: MachineNetworks,
  ) {}

  /** Takes up what runs and removes what is left of what doesn't. */
  static async open(config: HostdConfig, cgroups: Cgroups, networks: MachineNetworks): Promise<Jails> {
    const jails = new Jails(config, cgroups, networks);
    await mkdir(jails.#home, { recursive: true, mode: 0o711 });
    await networks.protect();
    await jails.#takeUp();
    await jails.#removeStrays();
    return jails;
  }

  list(): string[] {
    return [...this.#records.keys()];
  }

  complaint(machine: string): string {
    return this.#errors.get(machine)?.text ?? '';
  }

  async start(request: StartRequest): Promise<{ directory: string }> {
    const { machine, cpus, memoryMb, address } = request;
    if (cpus > this.config.maxCpus || memoryMb > this.config.maxMemoryMb) {
      throw new Refusal(
        'too_large',
        `At most ${this.config.maxCpus} cpus and ${this.config.maxMemoryMb} MB per machine.`,
      );
    }
    if (this.#records.has(machine)) throw new Refusal('exists', `Machine ${machine} has a jail already.`);
    const jail = { slot: this.#freeSlot(), address };
    this.#records.set(machine, jail);
    try {
      await this.#prepare(machine, jail, request);
      await this.#launch(machine, jail, request);
      return { directory: this.#sockets(machine) };
    } catch (error) {
      await this.remove(machine);
      throw error;
    }
  }

  /** The VMM has bound its sockets: from now on it may change nothing in its directory. */
  async admit(machine: string): Promise<void> {
    const jail = this.#known(machine);
    await chown(this.#sockets(machine), 0, this.config.worker.gid);
    const link = this.#link(machine, jail);
    if (link !== null && !(await this.networks.isAdmitted(link))) await this.networks.admit(link);
    this.#errors.get(machine)?.close();
  }

  async remove(machine: string): Promise<void> {
    const jail = this.#records.get(machine);
    if (jail === undefined) return;
    await this.cgroups.remove(machine);
    const link = this.#link(machine, jail);
    if (link !== null) await this.networks.remove(link);
    this.#errors.get(machine)?.close();
    this.#errors.delete(machine);
    await this.#removeFiles(machine);
    this.#records.delete(machine);
  }

  async #prepare(machine: string, jail: JailRecord, { accel, cpus, memoryMb }: StartRequest): Promise<void> {
    const uid = this.#uid(jail);
    const home = join(this.#home, machine);
    await mkdir(home, { mode: 0o711 });
    await writeFile(join(home, 'jail.json.new'), JSON.stringify(jail), { mode: 0o600 });
    await rename(join(home, 'jail.json.new'), join(home, 'jail.json'));
    await mkdir(this.#sockets(machine));
    await chown(this.#sockets(machine), uid, this.config.worker.gid);
    await chmod(this.#sockets(machine), 0o2771);
    const devices = accel === 'kvm' ? (['tun', 'kvm'] as const) : (['tun'] as const);
    const link = this.#link(machine, jail);
    await allDone([
      ...devices.map((device) => makeDevice(join(home, device), DEVICES[device], uid)),
      this.cgroups.create(machine, {
        memoryBytes: (memoryMb + OVERHEAD_MB + cpus * OVERHEAD_PER_CPU_MB) * 1024 * 1024,
        processes: BASE_THREADS + cpus,
      }),
      ...(link === null ? [] : [this.networks.create(link, uid)]),
    ]);
  }

  async #launch(machine: string, jail: JailRecord, request: StartRequest): Promise<void> {
    const { accel, cpus, memoryMb, resume } = request;
    const home = join(this.#home, machine);
    const link = this.#link(machine, jail);
    const image =
      request.image === null
        ? null
        : await openImage(this.config.images, request.image, this.config.worker.uid);
    try {
      const plan = {
        uid: this.#uid(jail),
        sockets: this.#sockets(machine),
        kernel: this.config.kernel,
        initrd: this.config.initrd,
        devices: {
          [join(home, 'tun')]: '/dev/net/tun',
          ...(accel === 'kvm' ? { [join(home, 'kvm')]: '/dev/kvm' } : {}),
        },
        namespace: link?.namespace ?? null,
        ...{ accel, cpus, memoryMb, resume, disk: image !== null },
        tscKhz: await hostTscKhz(),
        network: vmmNetwork(machine, link),
      };
      this.#errors.set(machine, await startJail(plan, image, (pid) => this.cgroups.add(machine, pid)));
    } finally {
      await image?.close();
    }
  }

  get #home(): string {
    return join(this.config.directory, 'jails');
  }

  #sockets(machine: string): string {
    return join(this.#home, machine, 'run');
  }

  #uid({ slot }: JailRecord): number {
    return this.config.users.first + slot;
  }

  #link(machine: string, { slot, address }: JailRecord): Link | null {
    return address === null ? null : this.networks.link(slot, machine, address);
  }

  #known(machine: string): JailRecord {
    const jail = this.#records.get(machine);
    if (jail === undefined) throw new Refusal('unknown_machine', `Machine ${machine} has no jail.`);
    return jail;
  }

  #freeSlot(): number {
    const taken = new Set([...this.#records.values()].map(({ slot }) => slot));
    for (let slot = 0; slot < this.config.users.count; slot += 1) if (!taken.has(slot)) return slot;
    throw new Refusal(
      'full',
      `This host runs ${this.config.users.count} machines, as many as it has users for.`,
    );
  }

  async #takeUp(): Promise<void> {
    for (const machine of await readdir(this.#home)) {
      const text = await readFile(join(this.#home, machine, 'jail.json'), 'utf8').catch(() => undefined);
      if (text === undefined) {
        await this.#removeFiles(machine);
        continue;
      }
      const jail = record.parse(JSON.parse(text));
      this.#records.set(machine, jail);
      if (!(await this.cgroups.hasProcesses(machine))) {
        await this.remove(machine);
        continue;
      }
      const link = this.#link(machine, jail);
      if (link !== null && (await this.networks.isAdmitted(link))) await this.networks.filter(link);
    }
  }

  async #removeStrays(): Promise<void> {
    for (const machine of await this.cgroups.list()) {
      if (!this.#records.has(machine)) await this.cgroups.remove(machine);
    }
    const known = [...this.#records].map(([machine, jail]) => this.#link(machine, jail)?.tap);
    for (const tap of await this.networks.taps()) {
      if (!known.includes(tap)) await this.networks.deleteTap(tap);
    }
  }

  /** Not recursive: the worker can write to the directory of the sockets, and root must not be led out of it. */
  async #removeFiles(machine: string): Promise<void> {
    const home = join(this.#home, machine);
    const sockets = this.#sockets(machine);
    for (const name of await readdir(sockets).catch(() => [])) await unlink(join(sockets, name));
    await rmdir(sockets).catch(() => undefined); // the next call fails, and says so, where it is still there
    for (const name of await readdir(home).catch(() => [])) await unlink(join(home, name));
    await rmdir(home);
  }
}

async function makeDevice(path: string, kind: readonly string[], uid: number): Promise<void> {
  await command('mknod', ['--mode=0600', path, ...kind]);
  await chown(path, uid, uid);
}

/** Waits for the end of all of them, so that what is removed after a failure is not made meanwhile. */
async function allDone(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

function vmmNetwork(machine: string, link: Link | null): VmmNetwork {
  return link === null ? { kind: 'none' } : { kind: 'tap', tap: link.tap, mac: macAddress(machine) };
}
