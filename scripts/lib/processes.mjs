import { readFileSync } from 'node:fs';

/**
 * Names a process for ever: a pid alone is given to another process one day.
 * @typedef {{ pid: number, started: string, boot: string }} ProcessIdentity
 */

/** @returns {ProcessIdentity | null} null where no such process is */
export function identify(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name stands in brackets and may hold spaces and brackets; field 22 counts from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z') return null;
    return {
      pid,
      started: fields[19],
      boot: readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim(),
    };
  } catch {
    return null;
  }
}

/** Whether this very process still runs. */
export function isAlive(identity) {
  const now = identify(identity.pid);
  return now !== null && now.started === identity.started && now.boot === identity.boot;
}

/** Sends a signal to a process group, or to the process where it leads none. A process that is gone is no error. */
export function signalGroup(pid, signal) {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** Waits until a condition holds; false where it didn't within `ms`. */
export async function waitUntil(condition, ms, everyMs = 50) {
  const end = Date.now() + ms;
  for (;;) {
    if (await condition()) return true;
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
