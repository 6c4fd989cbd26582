import { chmod, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { MachineId } from '@bulkhead/domain';
import { SnapshotKeys } from './snapshot-keys.js';

const machine = '0123456789abcd' as MachineId;
let directory: string;
beforeEach(async () => {
  directory = SnapshotKeys.defaultDirectory(await mkdtemp(join(tmpdir(), 'bulkhead-keys-')));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('keeps a key over a restart of the worker, for its user alone, until it is forgotten', async () => {
  const key = await new SnapshotKeys(directory).create(machine);
  expect(key).toHaveLength(32);
  expect((await stat(join(directory, machine))).mode & 0o777).toBe(0o600);
  const after = new SnapshotKeys(directory);
  expect(await after.find(machine)).toEqual(key);
  expect(await after.machines()).toEqual([machine]);
  await after.forget(machine);
  expect(await after.find(machine)).toBeUndefined();
  await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
});

it('gives each suspension a key of its own', async () => {
  const keys = new SnapshotKeys(directory);
  expect(await keys.create(machine)).not.toEqual(await keys.create(machine));
});

it('keeps none in a directory that others can enter', async () => {
  await mkdir(directory);
  await chmod(directory, 0o755);
  const keys = new SnapshotKeys(directory);
  expect(await keys.obstacle()).toMatch(/not a directory of this user's alone/);
  await expect(keys.create(machine)).rejects.toThrow(/not a directory of this user's alone/);
});

it('keeps none on a disk', async () => {
  const onDisk = new SnapshotKeys(join(import.meta.dirname, `keys-${process.pid}`));
  expect(await onDisk.obstacle()).toMatch(/is on a disk/);
});
