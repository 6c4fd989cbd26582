import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { enterServicesGroup, leaveServicesGroup } from '../../../scripts/start/control-group.mjs';

const ROOT = '/sys/fs/cgroup';
const isUnified = () => existsSync(path.join(ROOT, 'cgroup.controllers'));

/**
 * Runs `work` in the services' control group, beside one for guests with a tenth of its weight, as hostd makes it. `withBusyGuests` keeps
 * every core busy from there.
 * @template T
 * @param {(say: string) => void} say
 * @param {(withBusyGuests: <R>(measure: () => Promise<R>) => Promise<R>) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function besideGuests(say, work) {
  const group = `bulkhead-bench-${process.pid}`;
  let problem;
  enterServicesGroup(group, (text) => (problem = text));
  if (problem) say(problem);
  const enter = problem ? () => undefined : makeGuestsGroup(group);
  try {
    return await work((measure) => whileBusy(enter, measure));
  } finally {
    if (!problem) leaveServicesGroup(group);
  }
}

/** @returns {(pid: number) => void} puts a process into it */
function makeGuestsGroup(group) {
  const directory = path.join(ROOT, isUnified() ? '' : 'cpu', group, 'machines');
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, isUnified() ? 'cpu.weight' : 'cpu.shares'), isUnified() ? '10' : '102');
  return (pid) => writeFileSync(path.join(directory, 'cgroup.procs'), String(pid));
}

async function whileBusy(enter, measure) {
  const hogs = Array.from({ length: os.availableParallelism() }, () =>
    spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
  );
  try {
    for (const { pid } of hogs) enter(pid);
    return await measure();
  } finally {
    await Promise.all(hogs.map(ended));
  }
}

const ended = (child) =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
