import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { takeInstanceLock } from './instance-lock.mjs';
import { identify } from './processes.mjs';

const inDirectory = (work) => async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-lock-'));
  try {
    await work(path.join(directory, 'lock'));
  } finally {
    rmSync(directory, { recursive: true });
  }
};

test(
  'a lock is held once, and free again after its release',
  inDirectory((file) => {
    const lock = takeInstanceLock(file);
    assert.throws(() => takeInstanceLock(file), /already runs/);
    lock.release();
    assert.equal(existsSync(file), false);
    takeInstanceLock(file).release();
  }),
);

test(
  'a lock whose holder died, or whose pid is another process now, is taken over',
  inDirectory(async (file) => {
    const child = spawn('sleep', ['60']);
    const holder = identify(child.pid);
    writeFileSync(file, JSON.stringify(holder));
    assert.throws(() => takeInstanceLock(file), /already runs/);
    writeFileSync(file, JSON.stringify({ ...holder, started: '1' }));
    takeInstanceLock(file).release();
    writeFileSync(file, JSON.stringify(holder));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    takeInstanceLock(file).release();
  }),
);

test(
  'a lock file cut short by a power failure is taken over',
  inDirectory((file) => {
    writeFileSync(file, '{"pid":');
    takeInstanceLock(file).release();
  }),
);
