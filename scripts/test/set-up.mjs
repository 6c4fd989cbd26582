import path from 'node:path';
import { build } from '../setup/build.mjs';
import { HOST_PACKAGES, installHostPackages } from '../setup/host-packages.mjs';
import { provideNatsServer } from '../setup/nats-server.mjs';
import { installNpmPackages } from '../setup/npm-packages.mjs';

/** Inside node_modules, so that a clean install starts afresh, and no data directory is needed for unit tests. */
export const cacheOf = (root) => path.join(root, 'node_modules/.cache/bulkhead');

/** Installs and builds all that tests and benchmarks need, and puts the programs they start by name on the PATH. */
export async function setUp(root, steps, packages = HOST_PACKAGES) {
  await steps.step('npm packages', () => installNpmPackages(root));
  await steps.step('host packages', (say) => installHostPackages(say, { packages }));
  const tools = path.join(cacheOf(root), 'tools');
  const nats = await steps.step('nats-server', (say) => provideNatsServer(tools, say));
  process.env.PATH = [path.join(root, 'node_modules/.bin'), path.dirname(nats), process.env.PATH].join(':');
  await steps.step('build', () => build(root));
}
