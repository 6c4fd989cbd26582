import { readFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../lib/run.mjs';

/**
 * Installs what package-lock.json names, unless node_modules holds just that already.
 * @returns {Promise<boolean>} whether anything was installed
 */
export async function installNpmPackages(root) {
  if (
    isInstalled(
      readPackages(root, 'package-lock.json'),
      readPackages(root, 'node_modules/.package-lock.json'),
    )
  )
    return false;
  // npm sets npm_execpath for its scripts: the same npm then, whatever the PATH holds.
  const npm = process.env.npm_execpath;
  const [file, ...first] = npm?.endsWith('.js') ? [process.execPath, npm] : ['npm'];
  await run(file, [...first, 'ci', '--no-audit', '--no-fund'], { cwd: root, what: 'npm ci' });
  return true;
}

/**
 * Whether an installation has every package of the lock file in its version and none beside; those for other operating systems
 * may be missing.
 * @param {Record<string, any> | null} locked @param {Record<string, any> | null} installed
 */
export function isInstalled(locked, installed) {
  if (!locked || !installed) return false;
  const same = Object.entries(locked).every(([where, wanted]) => {
    const found = installed[where];
    if (where === '' || !where.startsWith('node_modules/')) return true;
    if (!found) return Boolean(wanted.optional || wanted.devOptional);
    return found.version === wanted.version && found.integrity === wanted.integrity;
  });
  return same && Object.keys(installed).every((where) => where in locked);
}

function readPackages(root, file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages ?? null;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
