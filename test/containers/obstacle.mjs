import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { succeeds } from '../../scripts/lib/run.mjs';

/**
 * Why a container engine can't run on this host at all, in words; null where nothing is in its way.
 * @returns {string | null}
 */
export function engineObstacle() {
  if (process.getuid() !== 0) return 'a container engine needs root';
  if (!succeeds('unshare', ['--net', '--mount', '--pid', '--fork', 'true']))
    return 'this root may not make namespaces, which containers consist of';
  if (!canMountOverlay()) return 'this kernel has no overlay file system, which containers run on';
  return null;
}

/** In a mount namespace, with which it goes away. */
function canMountOverlay() {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-overlay-'));
  const [lower, upper, work] = ['lower', 'upper', 'work'].map((name) => path.join(directory, name));
  for (const part of [lower, upper, work]) mkdirSync(part);
  try {
    const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
    return succeeds('unshare', ['--mount', 'mount', '-t', 'overlay', '-o', options, 'overlay', upper]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
