import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { initialize } from '../../scripts/start/initialize.mjs';
import { accounts, layout } from './state.mjs';

/** Runs the vault's `init` as the vault's user, and gives every service what it begins with. */
const code = path.resolve(import.meta.dirname, '../..');
await initialize({
  layout,
  accounts,
  code,
  tools: { node: process.execPath },
  postgres: { url: () => readFileSync(path.join(layout.service('vault'), 'pg-url'), 'utf8') },
  bus: {
    address: '0.0.0.0',
    port: 4222,
    hostNames: ['nats'],
    directory: '/state/init/nats',
    store: '/data/jetstream',
  },
});
copyFileSync(
  path.join(layout.init, 'admin-token.sha256'),
  path.join(layout.service('api'), 'admin-token.sha256'),
);
