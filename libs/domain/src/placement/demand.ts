import type { Resources } from '../host/events.js';
import type { Guest } from '../machine/config.js';

/** A shared CPU may use a sixteenth of one at all times, and more while there is some to spare. */
const SHARED_CPU = 1 / 16;
/** Room for the writable layer of a machine's root file system, in MiB. */
const ROOT_LAYER_MB = 256;

/** What a machine takes of its host. */
export const demandOf = ({ cpu_kind, cpus, memory_mb }: Guest): Resources => ({
  cpus: cpu_kind === 'shared' ? cpus * SHARED_CPU : cpus,
  memoryMb: memory_mb,
  diskMb: ROOT_LAYER_MB,
});
