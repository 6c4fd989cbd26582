import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { identify, waitUntil } from '../lib/processes.mjs';

const ENDS_WITHIN_MS = 5_000;

/** Ends the machines that a worker without its privileged helper left running, as they would go on over its restart. */
export async function endUnjailedMachines(workerDirectory) {
  const records = path.join(workerDirectory, 'vmm');
  if (!existsSync(records)) return;
  await Promise.all(readdirSync(records).map((machine) => end(path.join(records, machine, 'process.json'))));
}

async function end(record) {
  if (!existsSync(record)) return;
  const { pid, startedAt } = JSON.parse(readFileSync(record, 'utf8'));
  const runs = () => identify(pid)?.started === startedAt;
  if (!runs()) return;
  process.kill(pid, 'SIGTERM');
  if (!(await waitUntil(() => !runs(), ENDS_WITHIN_MS))) process.kill(pid, 'SIGKILL');
}
