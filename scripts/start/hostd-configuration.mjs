import { createHash } from 'node:crypto';
import path from 'node:path';

/** Users of machines are numbers far above any that a system hands out; each instance has a thousand. */
const FIRST_USER = 500_000_000;
const USERS = 1000;

/**
 * What hostd is told: its tag, users and control groups differ between instances on one host, and stay the same for one of them.
 * @param {{ data: string, socket: string, directory: string, worker: { uid: number, gid: number }, workerDirectory: string,
 *   guest: { kernel: string, initrd: string } }} plan `data` tells the instances apart
 */
export function hostdConfiguration({
  data,
  socket,
  directory,
  worker,
  workerDirectory,
  guest: { kernel, initrd },
}) {
  const hash = hashOf(data);
  const tag = hash.toString('hex').slice(0, 6);
  return {
    socket,
    directory,
    tag,
    worker,
    images: path.join(workerDirectory, 'images'),
    kernel,
    initrd,
    users: { first: FIRST_USER + hash.readUInt16BE(0) * USERS, count: USERS },
    cgroup: `${controlGroup(data)}/machines`,
  };
}

/** The control group of an instance; its services and its machines have one each below it. */
export const controlGroup = (data) => `bulkhead-${hashOf(data).toString('hex').slice(0, 6)}`;

const hashOf = (data) => createHash('sha256').update(data).digest();
