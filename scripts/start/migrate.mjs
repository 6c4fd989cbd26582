import path from 'node:path';
import { run } from '../lib/run.mjs';
import { DATABASE_SERVICES, ownerOf } from './passwords.mjs';

/**
 * Brings every service's schema up to date, each in a process of its own that ends with it: the schemas' owners are known to these
 * alone, and under a user of their own, so that no service can look into them.
 */
export function migrateSchemas({ layout, accounts, code, tools, postgres }) {
  return Promise.all(
    DATABASE_SERVICES.map((service) =>
      run(tools.node, ['--enable-source-maps', path.join(code, `apps/${service}/dist/migrate/main.js`)], {
        ...accounts.migrate,
        cwd: layout.service('migrate'),
        env: { NODE_ENV: 'production', LANG: 'C.UTF-8', BULKHEAD_PG_OWNER: postgres.url(ownerOf(service)) },
        what: `the migration of ${service}'s schema`,
      }),
    ),
  );
}
