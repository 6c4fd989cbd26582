import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { instanceId, machineId } from '@bulkhead/contracts/ids';
import type { MachineId } from '@bulkhead/domain';
import { z } from 'zod';

const reach = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('direct'), address: z.string() }),
  z.object({ kind: z.literal('forward'), ports: z.record(z.string(), z.int()) }),
]);

const vmRecord = z.object({
  machine: machineId,
  instance: instanceId,
  reach,
  directory: z.string(),
  fingerprint: z.string(),
  startedAt: z.iso.datetime().transform((text) => new Date(text)),
});
/** A VM that was started: who it is, where its sockets are, and the fingerprint a snapshot of it will have. */
export type VmRecord = z.infer<typeof vmRecord>;

const snapshotRecord = z.object({
  machine: machineId,
  instance: instanceId,
  /** What the memory belongs to: it continues only on the same VMM with the same devices. */
  fingerprint: z.string(),
  startedAt: z.iso.datetime().transform((text) => new Date(text)),
});
export type SnapshotRecord = z.infer<typeof snapshotRecord>;

/** What a runtime remembers on disk: one directory per machine, no secrets except a suspended machine's memory. */
export class VmRecords {
  constructor(private readonly directory: string) {}

  async save(record: VmRecord): Promise<void> {
    await this.#write(record.machine, 'vm.json', record);
  }

  async list(): Promise<VmRecord[]> {
    return this.#readAll('vm.json', vmRecord);
  }

  async forget(machine: MachineId): Promise<void> {
    await rm(join(this.directory, machine, 'vm.json'), { force: true });
    await this.#removeIfEmpty(machine);
  }

  async snapshots(): Promise<SnapshotRecord[]> {
    return this.#readAll('snapshot.json', snapshotRecord);
  }

  async saveSnapshot(record: SnapshotRecord): Promise<void> {
    await this.#write(record.machine, 'snapshot.json', record);
  }

  async forgetSnapshot(machine: MachineId): Promise<void> {
    for (const name of ['snapshot.json', 'memory', 'memory.partial']) {
      await rm(join(this.directory, machine, name), { force: true });
    }
    await this.#removeIfEmpty(machine);
  }

  /** Where a machine's memory is kept. */
  memoryPath(machine: MachineId): string {
    return join(this.directory, machine, 'memory');
  }

  async hasMemory(machine: MachineId): Promise<boolean> {
    return stat(this.memoryPath(machine)).then(
      () => true,
      () => false,
    );
  }

  async #readAll<T>(name: string, schema: z.ZodType<T>): Promise<T[]> {
    const machines = await readdir(this.directory).catch(() => []);
    const texts = await Promise.all(
      machines.map((machine) => readFile(join(this.directory, machine, name), 'utf8').catch(() => undefined)),
    );
    return texts.filter((text) => text !== undefined).map((text) => schema.parse(JSON.parse(text)));
  }

  async #write(machine: MachineId, name: string, content: unknown): Promise<void> {
    const path = join(this.directory, machine, name);
    await mkdir(join(this.directory, machine), { recursive: true, mode: 0o700 });
    const file = await open(`${path}.new`, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(content));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }

  async #removeIfEmpty(machine: MachineId): Promise<void> {
    const left = await readdir(join(this.directory, machine)).catch(() => ['?']);
    if (left.length === 0) await rm(join(this.directory, machine), { recursive: true });
  }
}
