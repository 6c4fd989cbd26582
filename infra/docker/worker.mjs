import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostdConfiguration } from '../../scripts/start/hostd-configuration.mjs';

/** A worker and its privileged helper in one container: hostd with the container's rights, the worker as its own user. */
const uid = Number(process.env.WORKER_UID);
const { BULKHEAD_SERVICE_DIR: directory, BULKHEAD_GUEST_DIR: guest } = process.env;
const socket = '/run/hostd/hostd.sock';
const configuration = hostdConfiguration({
  data: '/bulkhead',
  socket,
  directory: '/run/hostd/state',
  worker: { uid, gid: uid },
  workerDirectory: directory,
  guest: JSON.parse(readFileSync(`${guest}/guest.json`, 'utf8')),
});
mkdirSync('/run/hostd', { recursive: true, mode: 0o755 });
writeFileSync('/run/hostd/hostd.json', JSON.stringify(configuration), { mode: 0o600 });

const node = (args, options = {}) =>
  spawn(process.execPath, ['--enable-source-maps', ...args], { stdio: 'inherit', ...options });
const hostd = node(['apps/worker/dist/hostd/main.js', '/run/hostd/hostd.json']);
const worker = node(['apps/worker/dist/main.js'], {
  uid,
  gid: uid,
  env: { ...process.env, BULKHEAD_HOSTD_SOCKET: socket },
});

// Docker starts the container again where either of them ends.
for (const [child, other] of [
  [hostd, worker],
  [worker, hostd],
])
  child.once('exit', (code) => {
    process.exitCode ||= code ?? 1;
    other.kill('SIGTERM');
  });
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => worker.kill('SIGTERM'));
