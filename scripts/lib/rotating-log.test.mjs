import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { RotatingLog } from './rotating-log.mjs';

test('keeps the newest lines in files of bounded size', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-log-'));
  try {
    const log = new RotatingLog(path.join(directory, 'a.log'), { maxBytes: 100, keep: 2 });
    for (let line = 0; line < 100; line++) log.write(Buffer.from(`line ${String(line).padStart(4, '0')}\n`));
    log.close();
    log.write(Buffer.from('after the end'));
    assert.deepEqual(readdirSync(directory).sort(), ['a.log', 'a.log.1', 'a.log.2']);
    for (const file of readdirSync(directory)) assert.ok(statSync(path.join(directory, file)).size <= 100);
    assert.match(readFileSync(path.join(directory, 'a.log'), 'utf8'), /line 0099\n$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('ends nothing where its disk is full', () => {
  const log = new RotatingLog('/dev/full');
  log.write(Buffer.from('lost\n'));
  log.write(Buffer.from('lost too\n'));
  log.close();
});
