import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('a witness', () => {
  const file = () => join(directory, 'heads.jsonl');
  const look = async (log: Log, from = 0) => {
    api.answer('GET /api/v1/audit/head', [200, log.head()]);
    api.answer('GET /api/v1/audit/consistency', [200, log.consistency(from)]);
    return bulkhead('audit', 'witness', file());
  };
  const kept = () => readFileSync(file(), 'utf8').trimEnd().split('\n');
  const evidence = () => readdirSync(directory).filter((name) => name.includes('contradiction'));

  it('appends each head that goes on from the last, and nothing where nothing is new', async () => {
    const log = new Log(['a', 'b', 'c']);
    expect((await look(log)).exitCode).toBe(EXIT.ok);
    expect((await look(log)).out).toContain('Nothing new');
    expect((await look(new Log(['a', 'b', 'c', 'd', 'e']), 3)).exitCode).toBe(EXIT.ok);
    expect(kept().map((line) => JSON.parse(line).note)).toEqual([
      expect.stringContaining('test/audit\n3\n'),
      expect.stringContaining('test/audit\n5\n'),
    ]);
  });

  it.each([
    ['rewrote an entry', ['a', 'x', 'c', 'd', 'e'], 'does not begin with'],
    ['lost its last entries', ['a', 'b'], 'it had 3'],
    ['rewrote an entry and stayed as long', ['a', 'b', 'x'], 'two heads over 3 entries differ'],
  ])('ends with 7 and writes both heads down where the log %s', async (_what, entries, problem) => {
    await look(new Log(['a', 'b', 'c']));
    const [before] = kept();
    const log = new Log(entries);
    expect(await look(log, Math.min(3, entries.length))).toMatchObject({
      exitCode: EXIT.foundProblems,
      out: expect.stringContaining(problem),
    });
    expect(kept()).toEqual([before]);
    expect(JSON.parse(readFileSync(join(directory, evidence()[0] ?? ''), 'utf8'))).toMatchObject({
      kept: { note: JSON.parse(before ?? '').note },
      shown: { note: log.head().note },
    });
  });

  it('ends with 7 where another key signs, or none did', async () => {
    await look(new Log(['a']));
    const log = new Log(['a', 'b']);
    const forged = { ...log.head(), note: log.head().note.replace('\n2\n', '\n3\n') };
    api.answer('GET /api/v1/audit/head', [200, forged]);
    expect((await bulkhead('audit', 'witness', file())).exitCode).toBe(EXIT.foundProblems);
    api.answer('GET /api/v1/audit/head', [
      200,
      { ...log.head(), public_key: Buffer.alloc(32, 1).toString('base64') },
    ]);
    expect(await bulkhead('audit', 'witness', file())).toMatchObject({
      exitCode: EXIT.foundProblems,
      out: expect.stringContaining('another key'),
    });
    expect(evidence()).toHaveLength(2);
  });

  it('does not write to a file that is something else', async () => {
    writeFileSync(file(), 'my notes');
    expect((await look(new Log(['a']))).exitCode).toBe(EXIT.usage);
    expect(readFileSync(file(), 'utf8')).toBe('my notes');
  });
});

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
