import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rm, rmdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { machineId } from '@bulkhead/contracts/ids';
import type { MachineId } from '@bulkhead/domain';

const KEY_BYTES = 32;
/** File systems that live in memory (statfs(2)): tmpfs and ramfs. */
const IN_MEMORY = [0x01021994, 0x858458f6];

/**
 * The keys of suspended machines' memory. They lie in the host's own memory, readable by the worker alone: a restart of the worker
 * finds them again, a restart of the host loses them, and with them every snapshot that it held.
 */
export class SnapshotKeys {
  /** @param directory on a file system in memory; made when it is needed */
  constructor(private readonly directory: string) {}

  /** Where keys of the worker with this directory are kept unless it is told otherwise. */
  static defaultDirectory(serviceDirectory: string): string {
    return `/dev/shm/bulkhead-${createHash('sha256').update(serviceDirectory).digest('hex').slice(0, 16)}`;
  }

  /** Why keys can't be kept there, in words for the host's operator; null where they can. */
  async obstacle(): Promise<string | null> {
    try {
      await this.#prepare();
      await rmdir(this.directory).catch(() => undefined); // stays where it holds keys
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** A new key, in place of the machine's last. */
  async create(machine: MachineId): Promise<Buffer> {
    await this.#prepare();
    const key = randomBytes(KEY_BYTES);
    await writeFile(this.#path(machine), key, { mode: 0o600 });
    return key;
  }

  async find(machine: MachineId): Promise<Buffer | undefined> {
    const key = await readFile(this.#path(machine)).catch(() => undefined);
    return key?.length === KEY_BYTES ? key : undefined;
  }

  /** Makes what the key sealed unreadable for ever. */
  async forget(machine: MachineId): Promise<void> {
    await rm(this.#path(machine), { force: true });
    await rmdir(this.directory).catch(() => undefined); // stays where it holds others
  }

  async machines(): Promise<MachineId[]> {
    const names = await readdir(this.directory).catch(() => []);
    return names.flatMap((name) => machineId.safeParse(name).data ?? []);
  }

  #path(machine: MachineId): string {
    return join(this.directory, machine);
  }

  /** Anybody may make directories in /dev/shm: what counts is whose this one is, and where it lies. */
  async #prepare(): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = await lstat(this.directory);
    const isOurs = uid === process.geteuid?.() && (mode & 0o077) === 0;
    if (!isOurs) throw new Error(`${this.directory} is not a directory of this user's alone`);
    const { type } = await statfs(this.directory);
    if (!IN_MEMORY.includes(type)) throw new Error(`${this.directory} is on a disk and not in memory`);
  }
}
