import { readFileSync } from 'node:fs';
import path from 'node:path';
import { migrateSchemas } from '../../scripts/start/migrate.mjs';
import { layout } from './state.mjs';

/** Migrates every schema; in a container of its own, which alone is given the owners' URLs. */
await migrateSchemas({
  layout,
  accounts: {},
  code: path.resolve(import.meta.dirname, '../..'),
  tools: { node: process.execPath },
  postgres: { url: (role) => readFileSync(path.join(layout.service('migrate'), `${role}.url`), 'utf8') },
});
