import { waitUntil } from '../../scripts/lib/processes.mjs';
import { median } from './harness/statistics.mjs';
import { familyOf, memoryOf, processesOf, servicesOf } from './machines/memory.mjs';
import { withMachines } from './machines/parts.mjs';
import { GUEST } from './machines/platform.mjs';

const TOGETHER = 20;
const LIMIT_MS = 15 * 60_000;

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Machines: many at once, and memory',
  measures: `${TOGETHER} machines of the sample app (256 MB each, image on the host) created at once, to the last one that the API says is started;
beside it as many of the same guests started at once by hand under bare QEMU, to the last first answer. Memory is each process's
proportional share (PSS): of a machine all processes of its cgroup, of QEMU by hand itself; "beyond its guest" leaves out the one
mapping that is the guest's memory. Services are idle, with one machine running.`,
  targets: {},
  run: (context) =>
    withMachines(context, async ({ platform, byHand }) => [
      ...idleServices(platform.data),
      ...(await together(platform, byHand, context.say)),
    ]),
};

function idleServices(data) {
  return [...servicesOf(data)]
    .map(([name, pid]) => ({ what: `memory of ${name}, idle`, figure: withChildren(name, pid), unit: 'MiB' }))
    .sort((a, b) => a.what.localeCompare(b.what));
}

/** Postgres is a process for each connection, some of which end meanwhile; the others are one each. */
const withChildren = (name, pid) =>
  name === 'postgres'
    ? familyOf(pid).reduce((sum, each) => sum + totalIfThere(each), 0)
    : memoryOf(pid).total;

function totalIfThere(pid) {
  try {
    return memoryOf(pid).total;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return 0;
    throw error;
  }
}

async function together(platform, byHand, say) {
  const ours = await startOurs(platform);
  say(`${TOGETHER} machines run`);
  const peers = await startPeers(byHand);
  const row = (what, unit, of) => ({
    what: `${what}, ${TOGETHER} at once`,
    figure: of(ours),
    unit,
    peer: { what: 'by hand', figure: of(peers) },
    ratio: { figure: of(ours) / of(peers) },
  });
  return [
    row('machines started', '/s', ({ tookMs }) => (TOGETHER * 1_000) / tookMs),
    row('memory of a machine', 'MiB', ({ memory }) => median(memory.map(({ total }) => total))),
    row('memory of a machine beyond its guest', 'MiB', ({ memory }) =>
      median(memory.map(({ beyondGuest }) => beyondGuest)),
    ),
  ];
}

async function startOurs(platform) {
  const begun = performance.now();
  const machines = await Promise.all(numbers().map(() => platform.create()));
  const tookMs = performance.now() - begun;
  const memory = machines.map((machine) => sumOf(processesOf(platform.data, machine)));
  await Promise.all(machines.map((machine) => platform.destroy(machine)));
  const isGone = async () => (await platform.machines()).length === 0;
  if (!(await waitUntil(isGone, LIMIT_MS, 500))) throw new Error('The machines are not gone.');
  return { tookMs, memory };
}

async function startPeers(byHand) {
  const begun = performance.now();
  const guests = await Promise.all(numbers().map(() => byHand.start()));
  const tookMs = performance.now() - begun;
  const memory = guests.map(({ process }) => sumOf([process.pid]));
  await Promise.all(guests.map((guest) => guest.end()));
  return { tookMs, memory };
}

const numbers = () => Array.from({ length: TOGETHER }, (_, number) => number);

function sumOf(pids) {
  const each = pids.map((pid) => memoryOf(pid, GUEST.memoryMb));
  const sum = (of) => each.reduce((total, memory) => total + of(memory), 0);
  return { total: sum(({ total }) => total), beyondGuest: sum(({ beyondGuest }) => beyondGuest) };
}
