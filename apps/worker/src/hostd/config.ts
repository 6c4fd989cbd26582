import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const absolute = z.string().startsWith('/');
const unprivilegedId = z.int().min(1);

/** hostd's configuration: written by whoever installs it, never by the worker. */
export const hostdConfig = z.strictObject({
  /** The socket; it belongs to the worker's user alone. */
  socket: absolute,
  /** hostd's own state, on a file system that allows device nodes. */
  directory: absolute,
  /** Tells installations on one host apart in the names of taps, tables and namespaces. */
  tag: z.string().regex(/^[a-z0-9]{1,6}$/),
  worker: z.strictObject({ uid: z.int().nonnegative(), gid: z.int().nonnegative() }),
  /** Images come from below this directory and must belong to the worker. */
  images: absolute,
  kernel: absolute,
  initrd: absolute,
  /** One user per machine: first, first + 1, … */
  users: z.strictObject({ first: unprivilegedId.min(1000), count: z.int().min(1).max(65_000) }),
  /** The cgroup below which each machine gets its own, relative to the hierarchy's root. */
  cgroup: z.string().regex(/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*){0,4}$/),
  /**
   * What all guests together weigh against the cgroups beside theirs (cgroup v2's cpu.weight). A tenth of the default,
   * so that guests which take every cycle leave the services theirs. Processes in the root cgroup count one by one.
   */
  cpuWeight: z.int().min(1).max(10_000).default(10),
  maxCpus: z.int().min(1).default(64),
  maxMemoryMb: z.int().min(32).default(1_048_576),
});
export type HostdConfig = z.infer<typeof hostdConfig>;

/** @throws when the file is not there or not a configuration: hostd must not start then */
export async function readConfig(path: string): Promise<HostdConfig> {
  return hostdConfig.parse(JSON.parse(await readFile(path, 'utf8')));
}
