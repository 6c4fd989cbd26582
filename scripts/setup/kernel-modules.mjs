import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const FILE = /^(.+)\.ko(\.xz|\.zst|\.gz)?$/;
const DECOMPRESS = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' };

/**
 * The wanted modules of an unpacked kernel package and all they depend on, each after its dependencies.
 * A name that the kernel has built in is left out; one that it doesn't have at all is an error.
 * @param {string} modulesDir lib/modules/<version>
 * @param {string[]} wanted module names, `-` and `_` alike
 * @returns {{ name: string, data: Buffer }[]}
 */
export function collectModules(modulesDir, wanted) {
  const files = moduleFiles(modulesDir);
  const builtIn = builtInModules(modulesDir);
  const collected = new Map();
  const visit = (name) => {
    if (collected.has(name) || builtIn.has(name)) return;
    const file = files.get(name);
    if (file === undefined) throw new Error(`The kernel in ${modulesDir} has no module ${name}.`);
    const data = readModule(file);
    for (const dependency of dependenciesOf(data)) visit(dependency);
    collected.set(name, data);
  };
  wanted.map(canonical).forEach(visit);
  return [...collected].map(([name, data]) => ({ name, data }));
}

const canonical = (name) => name.replaceAll('-', '_');

function moduleFiles(modulesDir) {
  const paths = readdirSync(join(modulesDir, 'kernel'), { recursive: true });
  return new Map(
    paths.flatMap((path) => {
      const match = FILE.exec(basename(path));
      return match === null ? [] : [[canonical(match[1]), join(modulesDir, 'kernel', path)]];
    }),
  );
}

function builtInModules(modulesDir) {
  const lines = readFileSync(join(modulesDir, 'modules.builtin'), 'utf8').split('\n');
  return new Set(lines.filter(Boolean).map((line) => canonical(basename(line, '.ko'))));
}

function readModule(file) {
  const program = DECOMPRESS[FILE.exec(basename(file))[2]];
  if (program === undefined) return readFileSync(file);
  return execFileSync(program, ['-dc', file], { maxBuffer: 64 << 20 });
}

/** The package has no modules.dep (its install script makes it); every module names what it needs itself. */
function dependenciesOf(data) {
  const at = data.indexOf('\0depends=');
  if (at < 0) return [];
  const end = data.indexOf(0, at + 1);
  return data
    .subarray(at + '\0depends='.length, end)
    .toString()
    .split(',')
    .filter(Boolean)
    .map(canonical);
}
