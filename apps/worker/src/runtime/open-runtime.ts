import { join } from 'node:path';
import type { Logger } from '@bulkhead/platform';
import type { WorkerEnvironment } from '../settings.js';
import { readBootFiles } from './qemu/boot-files.js';
import { HostdLauncher } from './qemu/hostd-launcher.js';
import { probeAccel } from './qemu/probe-accel.js';
import { QemuRuntime } from './qemu/qemu-runtime.js';
import { SnapshotKeys } from './qemu/snapshot-keys.js';
import { UnprivilegedLauncher } from './qemu/unprivileged-launcher.js';
import type { MachineRuntime, RuntimeObserver } from './runtime.js';

/** The runtime this host can have: jailed with the privileged helper, else in the mode that needs no privilege. */
export async function openRuntime(
  settings: WorkerEnvironment & { readonly BULKHEAD_SERVICE_DIR: string },
  logger: Logger,
  observer: RuntimeObserver,
): Promise<MachineRuntime> {
  const directory = settings.BULKHEAD_SERVICE_DIR;
  const bootFiles = await readBootFiles(settings.BULKHEAD_GUEST_DIR);
  const launcher = settings.BULKHEAD_HOSTD_SOCKET
    ? new HostdLauncher(settings.BULKHEAD_HOSTD_SOCKET, join(directory, 'images'))
    : new UnprivilegedLauncher(join(directory, 'vmm'), bootFiles);
  const { accel, reason } = await probeAccel(launcher, bootFiles, join(directory, 'accel.json'));
  logger.info({ accel, reason }, 'virtualization probed');
  const keys = new SnapshotKeys(settings.BULKHEAD_MEMORY_DIR ?? SnapshotKeys.defaultDirectory(directory));
  const obstacle = await keys.obstacle();
  return new QemuRuntime({
    directory: join(directory, 'machines'),
    launcher,
    bootFiles,
    accel,
    observer,
    snapshotKeys: obstacle === null ? keys : null,
    missing: obstacle === null ? [] : [`suspend: no place for keys, ${obstacle}`],
  });
}
