import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { z } from 'zod';
import { FirstWords } from '../runtime/qemu/first-words.js';
import { Refusal } from './refusal.js';
import { qemuArguments, type VmmNetwork } from '../runtime/qemu/arguments.js';

const QEMU = '/usr/bin/qemu-system-x86_64';
/** Where things are inside a jail. */
const INSIDE = { sockets: '/run/vm', kernel: '/boot/kernel', initrd: '/boot/initrd' };
/** Descriptors beyond the standard ones; the image is arguments.ts's IMAGE_FD. */
const INFO_FD = 4;
const BLOCK_FD = 5;
/** Sockets of the VMM: for its user and, by the directory's group, for the worker. */
const VMM_UMASK = 0o007;
const START_LIMIT_MS = 10_000;

export interface JailPlan {
  readonly uid: number;
  readonly sockets: string;
  readonly kernel: string;
  readonly initrd: string;
  /** Device nodes of this jail's own: path outside → path inside. */
  readonly devices: Readonly<Record<string, string>>;
  /** The network namespace; without one the jail gets an empty one of its own. */
  readonly namespace: string | null;
  readonly accel: 'kvm' | 'tcg';
  readonly cpus: number;
  readonly memoryMb: number;
  readonly tscKhz: number;
  readonly network: VmmNetwork;
  readonly disk: boolean;
  readonly resume: boolean;
}

/**
 * The command that starts a VMM in its jail: first into its network namespace, then into mount, pid, ipc and uts
 * namespaces of its own over an empty read-only root, then, as its own user without any capability, into QEMU.
 */
export function jailCommand(plan: JailPlan): { program: string; args: string[] } {
  const bwrap = [
    '/usr/bin/bwrap',
    ...bubblewrapArguments(plan),
    '--',
    ...setprivCommand(plan.uid),
    ...vmmCommand(plan),
  ];
  if (plan.namespace === null) return { program: '/usr/bin/env', args: ['--', ...bwrap] };
  return { program: '/usr/bin/nsenter', args: [`--net=/run/netns/${plan.namespace}`, '--', ...bwrap] };
}

function bubblewrapArguments(plan: JailPlan): string[] {
  return [
    ...['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-cgroup-try'],
    ...(plan.namespace === null ? ['--unshare-net'] : []),
    ...['--clearenv', '--hostname', 'vmm', '--ro-bind', '/usr', '/usr'],
    ...['--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'],
    ...['--ro-bind-try', '/etc/ld.so.cache', '/etc/ld.so.cache'],
    ...['/boot', '/dev/net', '/run/vm'].flatMap((directory) => ['--dir', directory]),
    ...['--ro-bind', plan.kernel, INSIDE.kernel, '--ro-bind', plan.initrd, INSIDE.initrd],
    ...['--bind', plan.sockets, INSIDE.sockets, '--chdir', INSIDE.sockets],
    ...['--dev-bind', '/dev/null', '/dev/null', '--dev-bind', '/dev/urandom', '/dev/urandom'],
    ...Object.entries(plan.devices).flatMap(([outside, inside]) => ['--dev-bind', outside, inside]),
    ...['--remount-ro', '/', '--info-fd', String(INFO_FD), '--block-fd', String(BLOCK_FD)],
  ];
}

function setprivCommand(uid: number): string[] {
  return [
    ...['/usr/bin/prlimit', '--core=0:0', '--'],
    ...['/usr/bin/setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'],
    ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--'],
  ];
}

function vmmCommand(plan: JailPlan): string[] {
  return [QEMU, ...qemuArguments({ ...plan, kernel: INSIDE.kernel, initrd: INSIDE.initrd })];
}

const jailInfo = z.object({ 'child-pid': z.int().positive() });

/** Starts a jail; `enclose` gets its processes before any of them runs QEMU. */
export async function startJail(
  plan: JailPlan,
  image: FileHandle | null,
  enclose: (pid: number) => Promise<void>,
): Promise<FirstWords> {
  const { program, args } = jailCommand(plan);
  const stdio: StdioOptions = ['ignore', 'ignore', 'pipe', image?.fd ?? 'ignore', 'pipe', 'pipe'];
  const umask = process.umask(VMM_UMASK);
  const child = spawn(program, args, { detached: true, cwd: '/', env: {}, stdio });
  process.umask(umask);
  child.unref();
  const words = new FirstWords(pipeOf(child, 2));
  try {
    await once(child, 'spawn');
    const { 'child-pid': inner } = await readInfo(pipeOf(child, INFO_FD));
    for (const pid of [child.pid, inner]) if (pid !== undefined) await enclose(pid);
    pipeOf(child, BLOCK_FD).end('go');
    return words;
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`The jail did not start: ${words.text.trim()}`, { cause: error });
  }
}

function pipeOf(child: ChildProcess, fd: number): Duplex {
  const pipes: readonly unknown[] = child.stdio;
  const pipe = pipes[fd];
  if (pipe instanceof Duplex) return pipe.on('error', () => pipe.destroy()); // its process is gone, and that is noticed
  throw new Error(`No pipe at descriptor ${fd}.`);
}

async function readInfo(stream: Duplex): Promise<z.infer<typeof jailInfo>> {
  let text = '';
  const timer = setTimeout(() => stream.destroy(new Error('bubblewrap said nothing.')), START_LIMIT_MS);
  try {
    for await (const chunk of stream) text += String(chunk);
  } finally {
    clearTimeout(timer);
  }
  return jailInfo.parse(JSON.parse(text));
}

/**
 * Opens an image for a VMM. The directories below `images` are the worker's, so a name may lead anywhere; what counts
 * is the file that was opened: a regular one that belongs to the worker.
 * @throws Refusal `bad_image`
 */
export async function openImage(images: string, name: string, owner: number): Promise<FileHandle> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(images, name), flags).catch((cause: unknown) => {
    throw new Refusal('bad_image', `The image ${name} can't be opened.`, { cause });
  });
  const { uid, mode } = await file.stat();
  if ((mode & constants.S_IFMT) === constants.S_IFREG && uid === owner) return file;
  await file.close();
  throw new Refusal('bad_image', `The image ${name} is not a regular file of the worker's.`);
}
