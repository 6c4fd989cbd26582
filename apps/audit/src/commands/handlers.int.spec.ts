import { generateKeyPairSync, sign } from 'node:crypto';
import { newId, newOrganizationId, type OrganizationScope } from '@bulkhead/contracts';
import { exportResult } from '@bulkhead/contracts/commands/audit';
import type { Database } from '@bulkhead/journal';
import { createLogger, migrateStorage, openStorage, type Storage } from '@bulkhead/platform';
import { startPostgres, type TestPostgres } from '@bulkhead/testing';
import {
  checkpointNote,
  checkpointText,
  eventProof,
  verifyEvent,
  verifyExport,
} from '@bulkhead/transparency';
import { z } from 'zod';
import { keepHead } from '../heads/head-store.js';
import { STORAGE } from '../log/storage.js';
import { appendEntries, rootAt } from '../log/transparency-log.js';
import { auditHandlers } from './handlers.js';

const ORIGIN = 'test/audit';
const keys = generateKeyPairSync('ed25519');
const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);

let postgres: TestPostgres;
let storage: Storage;
let database: Database;
const logger = createLogger('test', 'fatal');
const [mine, theirs] = [newOrganizationId(), newOrganizationId()];

beforeAll(async () => {
  postgres = await startPostgres();
  const test = await postgres.database();
  const { owner, service } = await test.roles('audit');
  await migrateStorage(STORAGE, owner, logger);
  storage = await openStorage(STORAGE, service, logger);
  database = storage.database;
  await add([entry(1, mine, 'first'), entry(2, theirs, 'secret of others'), entry(3, mine, 'restored away')]);
  await add([{ ...entry(3, mine, 'restored'), epoch: '2' }]);
  await signHead(4);
  await add([{ ...entry(4, mine, 'not covered yet'), epoch: '2' }]);
});
afterAll(() => postgres.stop());

const entry = (position: number, organization: OrganizationScope, body: string) => ({
  journal: 'scheduler',
  epoch: '1',
  position,
  recordedAt: '2026-01-01T00:00:00.000Z',
  envelope: `envelope-${position}-${body}`,
  organization,
  body: Buffer.from(body),
});
const add = (entries: ReturnType<typeof entry>[]) => database.transaction((tx) => appendEntries(tx, entries));

async function signHead(size: number): Promise<void> {
  const head = { origin: ORIGIN, size, root: await rootAt(database, size) };
  const signature = sign(null, Buffer.from(checkpointText(head)), keys.privateKey);
  await keepHead(database, { size, note: checkpointNote(head, publicKey, signature) });
}

async function ask(name: string, input: unknown): Promise<unknown> {
  const handler = auditHandlers({
    database,
    origin: ORIGIN,
    publicKey: async () => publicKey,
    witnesses: [],
  })[name];
  if (!handler) throw new Error(`no command ${name}`);
  const context = { id: newId(), name, caller: 'api', principal: null, actor: undefined, cause: undefined };
  return (await handler.handle(context, handler.input.parse(input))).result;
}
const prove = async (event: unknown, organization: string) =>
  z.object({ proof: eventProof }).parse(await ask('prove', { event, organization })).proof;
const bodyOf = ({ entry: { body } }: { entry: { body: string } }) => Buffer.from(body, 'base64').toString();

describe('a proof of one event', () => {
  it('leads to the signed head, with nobody else’s bytes in it', async () => {
    const proof = await prove({ envelope: 'envelope-1-first' }, mine);
    expect(verifyEvent(proof, publicKey)).toMatchObject({ size: 4 });
    expect(bodyOf(proof)).toBe('first');
    expect(JSON.stringify(proof)).not.toContain(Buffer.from('secret of others').toString('base64'));
    const forged = { ...proof, entry: { ...proof.entry, body: Buffer.from('forged').toString('base64') } };
    expect(verifyEvent(forged, publicKey)).toBeNull();
  });

  it('is found by its place in the journal, the newest where a restored journal has two there', async () => {
    const proof = await prove({ journal: 'scheduler', position: 3 }, 'all');
    expect(bodyOf(proof)).toBe('restored');
    expect(verifyEvent(proof, publicKey)).not.toBeNull();
  });

  it.each([
    ['another organization’s', { journal: 'scheduler', position: 2 }, 'not_found'],
    ['one that there is not', { envelope: 'nothing' }, 'not_found'],
    ['one that no signed head covers', { journal: 'scheduler', position: 4 }, 'not_signed_yet'],
  ])('of %s is not given', async (_what, event, code) => {
    await expect(prove(event, mine)).rejects.toMatchObject({ code });
  });
});

it('exports pages that verify together', async () => {
  const page = exportResult.parse(await ask('export', { from: 0 }));
  expect(page).toMatchObject({ next: 5, size: 5 });
  expect(await verifyExport(page.lines)).toMatchObject({ ok: true, entries: 5, heads: 1 });
});
