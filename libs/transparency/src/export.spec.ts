import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import {
  append,
  checkpointNote,
  checkpointText,
  CheckpointError,
  entryHash,
  inclusionProof,
  openCheckpoint,
  root,
  verifyEvent,
  verifyExport,
  type EventProof,
  type Hash,
  type LogEntry,
} from './index.js';

const ORIGIN = 'example.test/audit';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const rawKey = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
const stranger = generateKeyPairSync('ed25519');

const entries: LogEntry[] = Array.from({ length: 12 }, (_, n) => ({
  journal: n % 3 === 0 ? 'api' : 'scheduler',
  epoch: '1700000000-ab',
  position: n % 3 === 0 ? n / 3 + 1 : n - Math.floor(n / 3),
  recordedAt: '2026-01-01T00:00:00.000Z',
  body: Buffer.from(`{"n":${n}}`),
}));

const nodes = new Map<string, Hash>();
const read = ({ level, index }: { level: number; index: number }) => nodes.get(`${level}/${index}`)!;
for (const node of append(0, entries.map(entryHash), read))
  nodes.set(`${node.level}/${node.index}`, node.hash);

const headOf = (size: number, key = privateKey) => {
  const head = { origin: ORIGIN, size, root: root(size, read) };
  return checkpointNote(head, rawKey, sign(null, Buffer.from(checkpointText(head)), key));
};

type Line = Record<string, unknown>;
const exported = (headsAt: number[] = [4, 8]): Line[] => [
  { format: 'bulkhead-audit-export', v: 1, origin: ORIGIN, publicKey: rawKey.toString('base64') },
  ...entries.flatMap((entry, index): Line[] => [
    {
      entry: {
        ...entry,
        index,
        body: Buffer.from(entry.body).toString('base64'),
        leaf: entryHash(entry).toString('base64'),
      },
    },
    ...(headsAt.includes(index + 1) ? [{ head: headOf(index + 1) }] : []),
  ]),
];
const text = (lines: Line[]) => lines.map((line) => JSON.stringify(line));
const change = (lines: Line[], index: number, by: (entry: Record<string, unknown>) => object) =>
  lines.map((line) =>
    (line.entry as { index: number } | undefined)?.index === index
      ? { entry: { ...(line.entry as object), ...by(line.entry as Record<string, unknown>) } }
      : line,
  );
const trusted = (size: number) => ({ note: headOf(size), publicKey: rawKey });
const forgedBody = Buffer.from('{"n":"forged"}');

describe('verifyExport', () => {
  it('proves an untouched export against a head kept elsewhere', async () => {
    await expect(verifyExport(text(exported()), trusted(10))).resolves.toMatchObject({
      ok: true,
      entries: 12,
      heads: 2,
      proof: 'against-head',
      trusted: { size: 10 },
    });
  });

  it('claims no more than self-consistency without a head', async () => {
    await expect(verifyExport(text(exported()))).resolves.toMatchObject({
      ok: true,
      proof: 'consistent-with-itself',
    });
  });

  it('names the entry whose bytes were changed', async () => {
    const lines = change(exported(), 5, () => ({ body: forgedBody.toString('base64') }));
    const bad = { ok: false, bad: { index: 5 } };
    await expect(verifyExport(text(lines), trusted(12))).resolves.toMatchObject(bad);
    await expect(verifyExport(text(lines))).resolves.toMatchObject(bad);
  });

  it('narrows a change with a matching hash down to the run between two heads', async () => {
    const lines = change(exported(), 5, (entry) => ({
      body: forgedBody.toString('base64'),
      leaf: entryHash({ ...(entry as unknown as LogEntry), body: forgedBody }).toString('base64'),
    }));
    await expect(verifyExport(text(lines), trusted(12))).resolves.toMatchObject({
      ok: false,
      bad: { index: 4, upTo: 7 },
    });
  });

  it('sees a removed, a repeated and a swapped entry', async () => {
    const lines = exported([]);
    const at = (index: number) => lines[index + 1]!;
    const verdict = (changed: Line[]) => verifyExport(text(changed), trusted(12));
    const without = lines.filter((line) => line !== at(6));
    await expect(verdict(without)).resolves.toMatchObject({ ok: false, bad: { index: 6 } });
    await expect(verdict([...lines.slice(0, 8), at(6), ...lines.slice(8)])).resolves.toMatchObject({
      ok: false,
    });
    const swapped = lines.map((line) => (line === at(6) ? at(7) : line === at(7) ? at(6) : line));
    await expect(verdict(swapped)).resolves.toMatchObject({ ok: false, bad: { index: 6 } });
  });

  it('sees a hole in a journal even where the entries were numbered anew', async () => {
    const renumbered = exported([])
      .filter((_, line) => line !== 6)
      .map((line, n): Line => (n === 0 ? line : { entry: { ...(line.entry as object), index: n - 1 } }));
    await expect(verifyExport(text(renumbered))).resolves.toMatchObject({ ok: false, bad: { index: 6 } });
  });

  it('sees an export that ends before the trusted head', async () => {
    await expect(verifyExport(text(exported([]).slice(0, 6)), trusted(12))).resolves.toMatchObject({
      ok: false,
      bad: { index: 5 },
    });
  });

  it('refuses a head that another key signed', async () => {
    const note = headOf(12, stranger.privateKey);
    expect(() => openCheckpoint(note, rawKey)).toThrow(CheckpointError);
    await expect(verifyExport(text(exported()), { note, publicKey: rawKey })).rejects.toThrow(
      CheckpointError,
    );
    const planted = [...exported([]), { head: note }];
    await expect(verifyExport(text(planted), trusted(12))).resolves.toMatchObject({ ok: false });
  });

  it('gives a verdict on any lines', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.string(), fc.json(), fc.constantFrom(...text(exported()))), { maxLength: 20 }),
        async (lines) => {
          const verdict = await verifyExport(lines);
          expect(typeof verdict.ok).toBe('boolean');
        },
      ),
    );
  });
});

describe('verifyEvent', () => {
  const { body, ...record } = entries[5]!;
  const proof: EventProof = {
    format: 'bulkhead-event-proof',
    v: 1,
    entry: { ...record, index: 5, body: Buffer.from(body).toString('base64') },
    path: inclusionProof(5, 12, read).map((hash) => hash.toString('base64')),
    head: headOf(12),
  };

  it('proves one event without any other bytes', () => {
    expect(verifyEvent(proof, rawKey)).toMatchObject({ size: 12 });
    for (const { body: other } of entries.filter((_, n) => n !== 5))
      expect(JSON.stringify(proof)).not.toContain(Buffer.from(other).toString('base64'));
  });

  it('fails for another event and another place', () => {
    const forged = { ...proof, entry: { ...proof.entry, body: forgedBody.toString('base64') } };
    expect(verifyEvent(forged, rawKey)).toBeNull();
    expect(verifyEvent({ ...proof, entry: { ...proof.entry, index: 6 } }, rawKey)).toBeNull();
  });
});
