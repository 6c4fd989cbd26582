import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { removeMachinesGroup } from '../../scripts/start/control-group.mjs';
import { controlGroup, hostdConfiguration } from '../../scripts/start/hostd-configuration.mjs';
import { endMachines } from '../../scripts/start/hostd.mjs';

/** A worker and its privileged helper in one container: hostd with the container's rights, the worker as its own user. */
const uid = Number(process.env.WORKER_UID);
const { BULKHEAD_SERVICE_DIR: directory, BULKHEAD_GUEST_DIR: guest } = process.env;
const data = '/bulkhead';
const socket = '/run/hostd/hostd.sock';
const configuration = hostdConfiguration({
  data,
  socket,
  directory: '/run/hostd/state',
  worker: { uid, gid: uid },
  workerDirectory: directory,
  guest: JSON.parse(readFileSync(`${guest}/guest.json`, 'utf8')),
});
mkdirSync('/run/hostd', { recursive: true, mode: 0o755 });
writeFileSync('/run/hostd/hostd.json', JSON.stringify(configuration), { mode: 0o600 });
// A host without KVM has no device to name in docker-compose.yml.
if (existsSync('/sys/class/misc/kvm') && !existsSync('/dev/kvm'))
  execFileSync('mknod', ['--mode=0600', '/dev/kvm', 'c', '10', '232']);

const node = (args, options = {}) =>
  spawn(process.execPath, ['--enable-source-maps', ...args], { stdio: 'inherit', ...options });
const hostd = node(['apps/worker/dist/hostd/main.js', '/run/hostd/hostd.json']);
const worker = node(['apps/worker/dist/main.js'], {
  uid,
  gid: uid,
  env: { ...process.env, BULKHEAD_HOSTD_SOCKET: socket },
});
const workerEnds = once(worker, 'exit');
const hostdEnds = once(hostd, 'exit');
// Machines can't outlive their container: they get their stop signal, and as long as docker waits.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => worker.kill('SIGUSR2'));

// Docker starts the container again where either of them ends by itself.
const [code] = await Promise.race([workerEnds, hostdEnds]);
worker.kill('SIGTERM');
await workerEnds;
if (hostd.exitCode === null) await endMachines(socket);
hostd.kill('SIGTERM');
await hostdEnds;
removeMachinesGroup(controlGroup(data));
process.exitCode = code ?? 1;
