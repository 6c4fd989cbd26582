import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';

/** What figures were measured on, as far as it bears on them. */
export function describeMachine(root) {
  const { model } = os.cpus()[0] ?? { model: 'unknown CPU' };
  return {
    cpu: model.trim(),
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    kernel: os.release(),
    system: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? os.type(),
    node: process.version,
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { cwd: root, encoding: 'utf8' }).trim(),
  };
}

/** Runnable processes over the last minute: other work beside a benchmark shows here. */
export const loadAverage = () => os.loadavg()[0];
