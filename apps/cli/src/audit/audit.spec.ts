import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  append,
  checkpointNote,
  checkpointText,
  consistencyProof,
  leafHash,
  root,
  type Hash,
  type NodeReader,
} from '@bulkhead/transparency';
import { EXIT } from '../exit-codes.js';
import { run } from '../run.js';
import { FakeApi } from '../testing/fake-api.js';

const keys = generateKeyPairSync('ed25519');
const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);

/** A log of entries, with the heads that its owner would sign. */
class Log {
  private readonly nodes = new Map<string, Hash>();
  private readonly read: NodeReader = ({ level, index }) =>
    this.nodes.get(`${level}/${index}`) ?? Buffer.alloc(0);

  constructor(private readonly entries: readonly string[]) {
    for (const { level, index, hash } of append(
      0,
      entries.map((text) => leafHash(Buffer.from(text))),
      this.read,
    ))
      this.nodes.set(`${level}/${index}`, hash);
  }

  head(size = this.entries.length) {
    const head = { origin: 'test/audit', size, root: root(size, this.read) };
    const signature = sign(null, Buffer.from(checkpointText(head)), keys.privateKey);
    return {
      origin: 'test/audit',
      note: checkpointNote(head, publicKey, signature),
      public_key: publicKey.toString('base64'),
    };
  }

  consistency(from: number) {
    const proof = consistencyProof(from, this.entries.length, this.read);
    return { proof: proof.map((hash) => hash.toString('base64')) };
  }
}

let api: FakeApi;
let directory: string;
beforeEach(async () => {
  api = await FakeApi.start();
  directory = mkdtempSync(join(tmpdir(), 'bulkhead-cli-'));
});
afterEach(async () => {
  await api.close();
  rmSync(directory, { recursive: true });
});

async function bulkhead(...args: string[]) {
  let out = '';
  const exitCode = await run({
    args,
    environment: { BULKHEAD_API_URL: api.url, BULKHEAD_TOKEN: 'secret', HOME: directory },
    directory,
    streams: { out: (text) => void (out += text), err: (text) => void (out += text) },
  });
  return { exitCode, out };
}

describe('a head that is kept', () => {
  const file = () => join(directory, 'head.json');
  const save = () => bulkhead('audit', 'head', '--save', file());
  const serve = (log: Log, from = 0) => {
    api.answer('GET /api/v1/audit/head', [200, log.head()]);
    api.answer('GET /api/v1/audit/consistency', [200, log.consistency(from)]);
  };

  it('carries note and key, and gives way to a newer one that the log proves to go on from it', async () => {
    serve(new Log(['a', 'b', 'c']));
    expect((await save()).exitCode).toBe(EXIT.ok);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({
      publicKey: publicKey.toString('base64'),
      note: expect.stringContaining('test/audit\n3\n'),
    });
    serve(new Log(['a', 'b', 'c', 'd', 'e']), 3);
    expect(await save()).toMatchObject({ exitCode: EXIT.ok, out: expect.stringContaining('begins with') });
    expect(readFileSync(file(), 'utf8')).toContain('test/audit\\n5\\n');
  });

  it.each([
    ['rewrote an entry', ['a', 'x', 'c', 'd', 'e']],
    ['lost its last entries', ['a', 'b']],
    ['rewrote an entry and stayed as long', ['a', 'b', 'x']],
  ])('stays, and ends with 7, where the log %s', async (_what, entries) => {
    serve(new Log(['a', 'b', 'c']));
    await save();
    const kept = readFileSync(file(), 'utf8');
    const log = new Log(entries);
    serve(log, Math.min(3, entries.length));
    expect(await save()).toMatchObject({
      exitCode: EXIT.foundProblems,
      out: expect.stringContaining('NO LONGER BEGINS'),
    });
    expect(readFileSync(file(), 'utf8')).toBe(kept);
  });

  it('stays where another key signs now', async () => {
    serve(new Log(['a', 'b', 'c']));
    await save();
    const other = Buffer.alloc(32, 1).toString('base64');
    writeFileSync(file(), readFileSync(file(), 'utf8').replace(publicKey.toString('base64'), other));
    expect((await save()).exitCode).toBe(EXIT.foundProblems);
    expect(readFileSync(file(), 'utf8')).toContain(other);
  });

  it('is not written over a file that is something else', async () => {
    serve(new Log(['a']));
    writeFileSync(file(), 'my notes');
    expect((await save()).exitCode).toBe(EXIT.usage);
    expect(readFileSync(file(), 'utf8')).toBe('my notes');
  });
});
