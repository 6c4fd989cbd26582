/**
 * hostd: the one privileged process of a worker's host. It makes and removes what needs root (taps, packet filters,
 * cgroups, jails) on the typed requests of protocol.ts, and nothing else. VMs survive its restart.
 *
 *   hostd CONFIGURATION.json
 */
import { openCgroups } from './cgroups.js';
import { readConfig } from './config.js';
import { Jails } from './jails.js';
import { MachineNetworks } from './machine-network.js';
import { serve } from './server.js';

process.umask(0o022);
const path = process.argv[2];
if (path === undefined) {
  console.error('usage: hostd CONFIGURATION.json');
  process.exit(64);
}
const config = await readConfig(path);
const jails = await Jails.open(config, await openCgroups(config), new MachineNetworks(config.tag));
const server = await serve(config, jails, (error) => {
  console.error(JSON.stringify({ message: 'a request failed', error: String(error) }));
});
console.log(
  JSON.stringify({ message: 'hostd is ready', socket: config.socket, machines: jails.list().length }),
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close();
    process.exit(0);
  });
}
