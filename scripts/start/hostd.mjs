import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { hostdConfiguration } from './hostd-configuration.mjs';

export const hostdSocket = (layout) => path.join(layout.sockets, 'hostd', 'hostd.sock');

/**
 * The worker's privileged helper, the only process of the platform that is root. Its configuration is written here and never by
 * the worker.
 * @returns {import('../lib/supervisor.mjs').Child}
 */
export function hostdChild({ layout, accounts, code, tools }) {
  const file = path.join(layout.data, 'hostd.json');
  const configuration = hostdConfiguration({
    data: layout.data,
    socket: hostdSocket(layout),
    directory: path.join(layout.data, 'hostd'),
    worker: { uid: accounts.worker.uid, gid: accounts.worker.gid },
    workerDirectory: layout.service('worker'),
    guest: JSON.parse(readFileSync(path.join(layout.guest, 'guest.json'), 'utf8')),
  });
  writeFileSync(file, JSON.stringify(configuration, null, 2), { mode: 0o600 });
  return {
    name: 'hostd',
    file: tools.node,
    args: ['--enable-source-maps', path.join(code, 'apps/worker/dist/hostd/main.js'), file],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', NODE_ENV: 'production' },
    cwd: '/',
    account: null,
    beforeStop: () => endMachines(hostdSocket(layout)),
    ready: async () => existsSync(hostdSocket(layout)),
  };
}

/** Ends every machine of this host: hostd would keep them, as it does over a worker's restart. */
export async function endMachines(socket) {
  if (!existsSync(socket)) return 0;
  const connection = createConnection(socket);
  const answers = createInterface({ input: connection })[Symbol.asyncIterator]();
  const ask = async (request) => {
    connection.write(`${JSON.stringify(request)}\n`);
    const { ok, error } = JSON.parse((await answers.next()).value);
    if (error) throw new Error(`hostd: ${error.message}`);
    return ok;
  };
  try {
    const { machines } = await ask({ type: 'list' });
    for (const machine of machines) await ask({ type: 'remove', machine });
    return machines.length;
  } finally {
    connection.destroy();
  }
}
