import { existsSync } from 'node:fs';
import path from 'node:path';
import { findAccount } from '../../scripts/start/accounts.mjs';
import { initialize } from '../../scripts/start/initialize.mjs';

/** `bulkhead init` on a control-plane host; run by bulkhead-init.service. */
const STATE = '/var/lib/bulkhead';
const code = path.resolve(import.meta.dirname, '../..');
const services = ['vault', 'nats', 'scheduler', 'audit', 'api', 'worker', 'edge'];
const onThisHost = services.filter((name) => existsSync(path.join(STATE, name)));

await initialize({
  layout: { init: path.join(STATE, 'init'), service: (name) => path.join(STATE, name) },
  accounts: Object.fromEntries(onThisHost.map((name) => [name, findAccount(`bulkhead-${name}`)])),
  code,
  tools: { node: path.join(code, 'node_modules/node/bin/node') },
  postgres: { url: () => process.env.BULKHEAD_PG },
  bus: {
    address: process.env.BULKHEAD_NATS_ADDRESS ?? '127.0.0.1',
    port: Number(process.env.BULKHEAD_NATS_PORT ?? 4222),
    hostNames: (process.env.BULKHEAD_NATS_HOSTNAMES ?? 'localhost').split(','),
    directory: path.join(STATE, 'init/nats'),
    store: path.join(STATE, 'nats/jetstream'),
  },
});
