import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds that all threads of a process have run, and waited for a core while they could have. */
export function schedulingOf(pids) {
  const total = { ran: 0, waited: 0 };
  for (const pid of pids)
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const [ran, waited] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8')
        .split(' ')
        .map(Number);
      total.ran += ran;
      total.waited += waited;
    }
  return total;
}

/** Bytes that processes hold in memory, what they share divided among them. */
export const memoryOf = (pids) =>
  pids.reduce((sum, pid) => {
    const kib = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return sum + Number(kib) * 1024;
  }, 0);

/** A process and those it started. */
export function familyOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}
