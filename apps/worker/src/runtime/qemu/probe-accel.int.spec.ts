import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { testBootFiles } from '../testing/fixtures.js';
import { probeAccel } from './probe-accel.js';
import { UnprivilegedLauncher } from './unprivileged-launcher.js';

it('finds out by a guest, once, what this host runs, and leaves nothing behind', async () => {
  const home = await mkdtemp(join(tmpdir(), 'bulkhead-probe-'));
  try {
    const bootFiles = await testBootFiles();
    const launcher = new UnprivilegedLauncher(join(home, 'vmm'), bootFiles);
    const found = await probeAccel(launcher, bootFiles, join(home, 'accel.json'));
    expect(found.accel === 'kvm').toBe(found.reason === '');
    expect(await launcher.list()).toEqual([]);

    const broken = new UnprivilegedLauncher('/dev/null/nowhere', bootFiles);
    expect(await probeAccel(broken, bootFiles, join(home, 'accel.json'))).toEqual(found);
    expect(await readdir(home)).toContain('accel.json');
  } finally {
    await rm(home, { recursive: true });
  }
}, 60_000);
