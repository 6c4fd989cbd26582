import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { run } from '../lib/run.mjs';
import { canAccess } from './accounts.mjs';

const NODE = 'node_modules/node/bin/node';

/**
 * Where the services run from: the clone, or, where their users can't read it (as under a root-only home), hard links to its files
 * below the data directory.
 * @returns {Promise<string>}
 */
export async function provideCode(root, layout, accounts, say) {
  if (isReadable(root, accounts)) return root;
  say(`the services' users can't read ${root}: they run from links to its files in ${layout.code}`);
  await mirror(root, layout.code);
  if (isReadable(layout.code, accounts)) return layout.code;
  throw new Failure(
    `The services' users can't read the files of ${root}.`,
    `Make them readable: chmod -R a+rX ${root}/node_modules ${root}/apps ${root}/libs ${root}/infra`,
  );
}

const isReadable = (root, accounts) =>
  Object.values(accounts).every(
    (account) =>
      canAccess(account, 'x', path.join(root, NODE)) &&
      canAccess(account, 'r', path.join(root, 'package.json')),
  );

/** node_modules is linked again only when another set was installed: it has tens of thousands of files. */
async function mirror(root, code) {
  mkdirSync(code, { recursive: true, mode: 0o755 });
  const stamp = path.join(code, 'packages');
  const packages = readFileSync(path.join(root, 'package-lock.json'), 'utf8');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== packages) {
    await replace(root, code, 'node_modules');
    writeFileSync(stamp, packages);
  }
  for (const part of ['apps', 'libs', 'infra']) await replace(root, code, part);
  for (const file of readdirSync(root).filter((name) => /^[^.].*\.json$/.test(name)))
    await replace(root, code, file);
}

async function replace(root, code, part) {
  const fresh = path.join(code, `.${part}.new`);
  rmSync(fresh, { recursive: true, force: true });
  const copy = (how) => run('cp', ['-a', ...how, path.join(root, part), fresh]);
  // Links need the same file system.
  await copy(['--link']).catch(
    () => (rmSync(fresh, { recursive: true, force: true }), copy(['--reflink=auto'])),
  );
  rmSync(path.join(code, part), { recursive: true, force: true });
  renameSync(fresh, path.join(code, part));
}
