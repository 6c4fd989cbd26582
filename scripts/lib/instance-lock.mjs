import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failure } from './failure.mjs';
import { identify, isAlive } from './processes.mjs';

/**
 * Makes this process the only one that runs the platform on a data directory. The lock names its holder by pid, start time and
 * boot, so one left by a crash or a power failure is noticed and taken over.
 * @param {string} file
 * @returns {{ release(): void }}
 * @throws {Failure} where another process holds it
 */
export function takeInstanceLock(file) {
  const mine = JSON.stringify(identify(process.pid));
  const candidate = `${file}.${process.pid}`;
  writeFileSync(candidate, mine, { mode: 0o644 });
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (link(candidate, file)) return { release: () => release(file, mine) };
      const holder = readHolder(file);
      if (holder && isAlive(holder))
        throw new Failure(
          `This data directory is in use: the platform already runs on it (process ${holder.pid}).`,
          `Stop that one (Ctrl-C there, or: kill ${holder.pid}), or start a second instance with BULKHEAD_DATA and other ports.`,
        );
      rmSync(file, { force: true });
    }
    throw new Failure(`${file} can't be taken: others keep taking it.`, 'Start one instance at a time.');
  } finally {
    rmSync(candidate, { force: true });
  }
}

/** A hard link appears with its whole content or not at all, and never replaces what is there. */
function link(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Who holds the lock; null where the file is gone or isn't one. */
function readHolder(file) {
  try {
    const holder = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isInteger(holder?.pid) ? holder : null;
  } catch {
    return null;
  }
}

function release(file, mine) {
  try {
    if (readFileSync(file, 'utf8') === mine) rmSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
