import { execFile } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { parseJson } from '@bulkhead/contracts';
import { machineId } from '@bulkhead/contracts/ids';
import { z } from 'zod';
import { ControlChannel } from '../../guest/control-channel.js';
import { SOCKETS } from './arguments.js';
import type { BootFiles } from './boot-files.js';
import type { VmLauncher } from './launcher.js';
import { Qmp } from './qmp.js';
import { connectTo } from './sockets.js';

const PROBE = machineId.parse('0'.repeat(14));
const HELLO_LIMIT_MS = 5_000;
const SOCKET_LIMIT_MS = 2_000;

const finding = z.object({
  accel: z.enum(['kvm', 'tcg']),
  /** Why not KVM; empty with it. */
  reason: z.string(),
});
export type AccelFinding = z.infer<typeof finding>;
const cached = finding.extend({ host: z.string() });

/**
 * Finds out whether guests really run under KVM: /dev/kvm may open, and even run a few instructions, on hosts where
 * Linux hangs. So the real kernel and init are booted, once per boot of the host, kernel, QEMU and guest; the finding
 * is kept in `cacheFile`.
 */
export async function probeAccel(
  launcher: VmLauncher,
  bootFiles: BootFiles,
  cacheFile: string,
): Promise<AccelFinding> {
  const host = await describeHost(bootFiles);
  const known = cached.safeParse(parseJson(await readFile(cacheFile, 'utf8').catch(() => '')));
  if (known.success && known.data.host === host) return finding.parse(known.data);
  const found = await probe(launcher);
  await mkdir(dirname(cacheFile), { recursive: true });
  await writeFile(cacheFile, JSON.stringify({ ...found, host }), { mode: 0o600 });
  return found;
}

async function probe(launcher: VmLauncher): Promise<AccelFinding> {
  const present = await access('/dev/kvm').then(
    () => true,
    () => false,
  );
  if (!present) return { accel: 'tcg', reason: 'this host has no /dev/kvm' };
  try {
    await bootProbe(launcher);
    return { accel: 'kvm', reason: '' };
  } catch (error) {
    const complaint = await launcher.complaint(PROBE).catch(() => '');
    return {
      accel: 'tcg',
      reason: `no guest runs under this host's KVM: ${complaint.trim() || String(error)}`,
    };
  } finally {
    await launcher.remove(PROBE);
  }
}

async function bootProbe(launcher: VmLauncher): Promise<void> {
  const size = { cpus: 1, memoryMb: 128, servicePorts: [] };
  const { directory } = await launcher.start({
    machine: PROBE,
    accel: 'kvm',
    ...size,
    rootfs: null,
    link: null,
    resume: false,
  });
  const monitor = new Qmp(await connectTo(directory, SOCKETS.monitor, SOCKET_LIMIT_MS), () => undefined);
  try {
    await monitor.negotiate(SOCKET_LIMIT_MS);
    await launcher.admit(PROBE);
    await monitor.execute('cont', {}, z.unknown());
    const nobody = { log: async () => undefined, exited: async () => undefined };
    const channel = new ControlChannel(await connectTo(directory, SOCKETS.control, SOCKET_LIMIT_MS), nobody);
    await channel.hello(HELLO_LIMIT_MS).finally(() => channel.close());
  } finally {
    monitor.close();
  }
}

async function describeHost({ digest }: BootFiles): Promise<string> {
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  const { stdout } = await promisify(execFile)('qemu-system-x86_64', ['--version']);
  return [bootId.trim(), release(), stdout.split('\n')[0], digest].join(' ');
}
