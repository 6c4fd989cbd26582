import { spawnSync } from 'node:child_process';
import path from 'node:path';

/**
 * The comparison by hand, for other seeds and greater counts than the tests':
 *
 *   node test/differential/run.mjs --seed 7 --count 20000
 */
const root = path.dirname(path.dirname(import.meta.dirname));
const { status } = spawnSync(
  path.join(root, 'node_modules/.bin/node'),
  [
    ...[
      '--no-warnings',
      '--conditions=source',
      '--import',
      path.join(root, 'apps/edge/src/testing/run-from-source.mjs'),
    ],
    ...[path.join(import.meta.dirname, 'main.ts'), ...process.argv.slice(2)],
  ],
  { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } },
);
process.exitCode = status ?? 1;
