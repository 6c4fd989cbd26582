import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { newInstanceId, newMachineId } from '@bulkhead/contracts/ids';
import { type BootFiles, readBootFiles } from '../qemu/boot-files.js';
import type {
  BootSpec,
  GuestConfiguration,
  LogLine,
  RuntimeObserver,
  VmExit,
  VmIdentity,
} from '../runtime.js';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../../../../..');
/** Survives between runs: the kernel is a 27 MB download. */
const CACHE = process.env['BULKHEAD_GUEST_CACHE'] ?? join(ROOT, 'node_modules/.cache/bulkhead/guest');

/** The kernel and init that tests boot, prepared as `npm start` does it. */
export async function testBootFiles(): Promise<BootFiles> {
  await run(process.execPath, [join(ROOT, 'scripts/setup/guest.mjs'), CACHE]);
  return readBootFiles(CACHE);
}

/** An EROFS image that holds the test app as /app, a passwd file with the user `app`, and nothing else. */
export async function buildTestImage(path: string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'bulkhead-image-'));
  try {
    const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-buildvcs=false' };
    const flags = ['-trimpath', '-ldflags', '-s -w'];
    await run('go', ['build', ...flags, '-o', join(root, 'app'), '.'], {
      cwd: join(import.meta.dirname, 'app'),
      env,
    });
    await mkdir(join(root, 'etc'));
    await writeFile(join(root, 'etc/passwd'), 'root:x:0:0::/root:/app\napp:x:1000:1001::/home/app:/app\n');
    await writeFile(join(root, 'etc/group'), 'root:x:0:\napp:x:1001:\nextra:x:1002:app\n');
    await run('mkfs.erofs', ['-T0', '--quiet', path, root]);
    return path;
  } finally {
    await rm(root, { recursive: true });
  }
}

/** A machine that runs the test app with these arguments. */
export function bootSpec(
  rootfs: string,
  argv: string[],
  change: Partial<Omit<BootSpec, 'guest'>> & { guest?: Partial<GuestConfiguration> } = {},
): BootSpec {
  const machine = newMachineId();
  const { guest, ...rest } = change;
  return {
    machine,
    instance: newInstanceId(),
    rootfs,
    cpus: 1,
    memoryMb: 128,
    address: `fdaa:0:1:a7b:${machine.slice(0, 4)}:${machine.slice(4, 8)}:${machine.slice(8, 12)}:2`,
    gateway: 'fe80::1',
    servicePorts: [8080],
    ...rest,
    guest: {
      hostname: machine,
      argv: ['/app', ...argv],
      env: {},
      user: '',
      workdir: '',
      tty: false,
      files: [],
      hosts: [],
      resolvConf: '',
      ...guest,
    },
  };
}

/** Keeps what a runtime tells, and lets a test wait for it. */
export class RecordingObserver implements RuntimeObserver {
  readonly lines: (LogLine & { machine: string })[] = [];
  readonly exits = new Map<string, VmExit[]>();
  #changed = Promise.withResolvers<void>();
  /** While set, log lines are not acknowledged. */
  hold: Promise<void> = Promise.resolve();

  async log(vm: VmIdentity, lines: LogLine[]): Promise<void> {
    this.lines.push(...lines.map((line) => ({ ...line, machine: vm.machine })));
    this.#wake();
    await this.hold;
  }

  async exited(vm: VmIdentity, exit: VmExit): Promise<void> {
    this.exits.set(vm.machine, [...(this.exits.get(vm.machine) ?? []), exit]);
    this.#wake();
  }

  texts(machine: string): string[] {
    return this.lines.filter((line) => line.machine === machine).map((line) => line.text);
  }

  async exitOf(machine: string): Promise<VmExit> {
    await this.until(() => this.exits.has(machine));
    const [exit] = this.exits.get(machine) ?? [];
    if (exit === undefined) throw new Error('unreachable');
    return exit;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
