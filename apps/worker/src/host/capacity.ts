import { statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import type { Resources } from '@bulkhead/domain';

export interface CapacityPolicy {
  /** Guests' processors per processor of the host. */
  readonly cpuOvercommit: number;
  /** Memory kept from guests, MiB. */
  readonly reservedMemoryMb: number;
  /** Where images and machines' own layers lie. */
  readonly directory: string;
}

const MIB = 1024 * 1024;

/** What this host offers to machines, all of them together. */
export async function hostCapacity(policy: CapacityPolicy): Promise<Resources> {
  const disk = await statfs(policy.directory);
  return {
    cpus: Math.max(1, Math.floor(availableParallelism() * policy.cpuOvercommit)),
    memoryMb: Math.max(0, Math.floor(totalmem() / MIB) - policy.reservedMemoryMb),
    diskMb: Math.floor((disk.blocks * disk.bsize) / MIB),
  };
}
