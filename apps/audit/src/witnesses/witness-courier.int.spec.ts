import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { PostgresLeadershipStore, systemClock, type Database } from '@bulkhead/journal';
import { createLogger, migrateStorage, openStorage, type Storage } from '@bulkhead/platform';
import { startPostgres, type TestPostgres } from '@bulkhead/testing';
import {
  checkpointNote,
  checkpointText,
  openCheckpoint,
  verifyConsistency,
  type Checkpoint,
} from '@bulkhead/transparency';
import { keepHead } from '../heads/head-store.js';
import { STORAGE } from '../log/storage.js';
import { appendEntries, rootAt } from '../log/transparency-log.js';
import { addCheckpoint } from './add-checkpoint.js';
import { WitnessCourier } from './witness-courier.js';
import { witnessState } from './witness-store.js';
import { witnessUrls } from './witness-urls.js';

const ORIGIN = 'test/audit';
const keys = generateKeyPairSync('ed25519');
const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
const logger = createLogger('test', 'fatal');

/** A witness as C2SP tlog-witness describes it, for one log. */
class Witness {
  seen: Checkpoint | null = null;
  /** Instead of an answer of its own. */
  broken: { readonly status: number; readonly body?: string } | null = null;
  asked = 0;
  private readonly server: Server = createServer((request, response) => {
    void text(request).then((body) => {
      const { status, body: answer } = this.answer(body);
      response.writeHead(status).end(answer);
    });
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/log`;
  }

  stop(): void {
    this.server.close();
  }

  private answer(body: string): { readonly status: number; readonly body?: string } {
    this.asked += 1;
    if (this.broken) return this.broken;
    const split = body.indexOf('\n\n');
    const [old = '', ...proof] = body.slice(0, split).split('\n');
    const head = openCheckpoint(body.slice(split + 2), publicKey);
    const from = Number(old.slice('old '.length));
    const size = this.seen?.size ?? 0;
    if (from !== size) return { status: 409, body: `${size}\n` };
    if (this.seen && size === head.size)
      return this.seen.root.equals(head.root) ? { status: 200 } : { status: 409, body: `${size}\n` };
    const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
    if (this.seen && !verifyConsistency(size, head.size, this.seen.root, head.root, hashes))
      return { status: 422 };
    this.seen = head;
    return { status: 200, body: '— witness AAAA\n' };
  }
}

let postgres: TestPostgres;
let storage: Storage;
let witness: Witness;
let url: string;
let entries: number;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  entries = 0;
  storage = await openLog();
  witness = new Witness();
  url = await witness.start();
});
afterEach(async () => {
  witness.stop();
  await storage.close();
});

async function openLog(): Promise<Storage> {
  const { owner, service } = await (await postgres.database()).roles('audit');
  await migrateStorage(STORAGE, owner, logger);
  return openStorage(STORAGE, service, logger);
}

/** Adds entries and signs the log's head over all of them. */
async function grow(count: number, database: Database = storage.database, mark = ''): Promise<number> {
  const added = Array.from({ length: count }, (_, n) => ({
    journal: 'api',
    epoch: '1',
    position: entries + n + 1,
    recordedAt: '2026-01-01T00:00:00.000Z',
    envelope: `envelope-${entries + n}`,
    organization: 'platform',
    body: Buffer.from(`entry ${entries + n}${mark}`),
  }));
  await database.transaction((tx) => appendEntries(tx, added));
  entries += count;
  const head = { origin: ORIGIN, size: entries, root: await rootAt(database, entries) };
  const signature = sign(null, Buffer.from(checkpointText(head)), keys.privateKey);
  await keepHead(database, { size: entries, note: checkpointNote(head, publicKey, signature) });
  return entries;
}

async function tell(database: Database = storage.database, to: readonly string[] = [url]) {
  const courier = new WitnessCourier({
    database,
    leadership: new PostgresLeadershipStore(database, 'audit'),
    clock: systemClock,
    holder: 'test',
    witnesses: to,
    send: addCheckpoint,
    report: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  await courier.tellAll();
  return witnessState(database, url);
}

describe('a witness outside', () => {
  it('is told each new head with a proof, and nothing where it has the newest', async () => {
    await grow(3);
    expect(await tell()).toMatchObject({ size: 3, problem: null, acceptedAt: expect.any(Date) });
    await grow(4);
    expect(await tell()).toMatchObject({ size: 7, problem: null });
    expect(witness.seen?.root.equals(await rootAt(storage.database, 7))).toBe(true);
    const { asked } = witness;
    await tell();
    expect(witness.asked).toBe(asked);
  });

  it('that is away is told what it missed once it is back, and keeps no other waiting', async () => {
    const other = new Witness();
    const both = [url, await other.start()];
    await grow(2);
    witness.broken = { status: 503 };
    expect(await tell(storage.database, both)).toMatchObject({
      size: 0,
      problem: 'it answers 503',
      contradicts: false,
    });
    expect(other.seen?.size).toBe(2);
    other.stop();
    await grow(2);
    witness.broken = null;
    expect(await tell()).toMatchObject({ size: 4, problem: null });
  });

  it('says itself where it is, after the log’s own memory of it is gone', async () => {
    await grow(3);
    await tell();
    await grow(2);
    await storage.database.query(`update witness set size = 0, accepted_at = null`);
    expect(await tell()).toMatchObject({ size: 5, problem: null });
  });

  it.each([
    ['was rewritten and grew', 6, 'does not go on'],
    ['was rewritten and is as long', 4, 'another log of 4'],
    ['was cut short', 2, 'it has seen 4 entries, the log has 2'],
  ])('notices that the log %s, and goes on saying so', async (_what, length, problem) => {
    await grow(4);
    await tell();
    const rewritten = await openLog();
    entries = 0;
    await grow(length, rewritten.database, ' rewritten');
    expect(await tell(rewritten.database)).toMatchObject({
      contradicts: true,
      problem: expect.stringContaining(problem),
    });
    await grow(1, rewritten.database, ' rewritten');
    expect(await tell(rewritten.database)).toMatchObject({ contradicts: true });
    await rewritten.close();
    expect(witness.seen?.size).toBe(4);
  });

  it('that answers without end, or nonsense, is one that did not take the head', async () => {
    await grow(1);
    witness.broken = { status: 200, body: 'x'.repeat(100_000) };
    expect((await tell()).problem).toContain('more than a witness has to say');
    witness.broken = { status: 409, body: 'many' };
    expect(await tell()).toMatchObject({ problem: 'it answers 409', contradicts: false });
  });
});

describe('addresses of witnesses', () => {
  it('are https, or on this machine, and carry no credentials', () => {
    const read = (value: string | undefined) => witnessUrls.safeParse(value).data;
    expect(read(undefined)).toEqual([]);
    expect(read('https://a.example/log/, http://127.0.0.1:1')).toEqual([
      'https://a.example/log',
      'http://127.0.0.1:1',
    ]);
    for (const wrong of ['http://a.example', 'https://me:secret@a.example', 'ftp://a.example', 'a.example'])
      expect(read(wrong)).toBeUndefined();
  });
});
