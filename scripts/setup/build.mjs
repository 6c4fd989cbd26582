import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../lib/run.mjs';

/**
 * Builds every service and library unless nothing changed since the last time.
 * @returns {Promise<boolean>} whether anything was built
 */
export async function build(root, { log } = {}) {
  const stamp = path.join(root, 'dist', 'built-from');
  const state = fingerprint(root);
  const wasBuilt = existsSync(stamp) && readFileSync(stamp, 'utf8') === state && everyProjectHasOutput(root);
  if (wasBuilt) return false;
  await run(
    path.join(root, 'node_modules/.bin/node'),
    [path.join(root, 'node_modules/.bin/nx'), 'run-many', '-t', 'build', '--output-style=static'],
    {
      cwd: root,
      env: {
        ...process.env,
        NX_DAEMON: 'false',
        NX_TUI: 'false',
        PATH: `${root}/node_modules/.bin:${process.env.PATH}`,
      },
      what: 'The build',
      ...(log ? { log } : {}),
    },
  );
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, state);
  return true;
}

const PARENTS = ['apps', 'libs'];

const projects = (root) =>
  PARENTS.flatMap((parent) =>
    readdirSync(path.join(root, parent)).map((name) => path.join(root, parent, name)),
  ).filter((directory) => existsSync(path.join(directory, 'project.json')));

const everyProjectHasOutput = (root) =>
  projects(root).every(
    (directory) => !existsSync(path.join(directory, 'src')) || existsSync(path.join(directory, 'dist')),
  );

/** Names, sizes and times of every source: cheap to read, and a changed file changes it. */
function fingerprint(root) {
  const hash = createHash('sha256');
  const visit = (file) => {
    const found = statSync(file);
    if (found.isDirectory()) {
      for (const name of readdirSync(file).sort()) if (name !== 'dist') visit(path.join(file, name));
    } else hash.update(`${path.relative(root, file)} ${found.size} ${found.mtimeMs}\n`);
  };
  for (const file of ['.swcrc', 'nx.json', 'package-lock.json', ...PARENTS]) visit(path.join(root, file));
  return hash.digest('hex');
}
