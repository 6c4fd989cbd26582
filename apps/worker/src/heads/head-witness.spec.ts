import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandBus } from '@bulkhead/journal';
import {
  append,
  checkpointNote,
  checkpointText,
  consistencyProof,
  leafHash,
  root,
  type Hash,
} from '@bulkhead/transparency';
import { HeadWitness } from './head-witness.js';

const keys = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, raw: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32) };
};
const ours = keys();

/** A log over given entries, as the audit service answers about it. */
function logOf(entries: readonly string[], key = ours) {
  const nodes = new Map<string, Hash>();
  const read = ({ level, index }: { level: number; index: number }) => nodes.get(`${level}/${index}`)!;
  const leaves = entries.map((entry) => leafHash(Buffer.from(entry)));
  for (const node of append(0, leaves, read)) nodes.set(`${node.level}/${node.index}`, node.hash);
  const head = { origin: 'example.test/log', size: entries.length, root: root(entries.length, read) };
  const note = checkpointNote(head, key.raw, sign(null, Buffer.from(checkpointText(head)), key.privateKey));
  const command = async (_: string, name: string, asked: { input: { from?: number; to?: number } }) => ({
    touched: [],
    result:
      name === 'head'
        ? { note, publicKey: key.raw.toString('base64'), origin: head.origin }
        : {
            proof: consistencyProof(asked.input.from!, asked.input.to!, read).map((hash) =>
              hash.toString('base64'),
            ),
          },
  });
  return { command } as unknown as CommandBus;
}

describe('HeadWitness', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'bulkhead-heads-'))));
  afterEach(() => rmSync(directory, { recursive: true }));
  const look = (log: CommandBus) =>
    new HeadWitness(
      join(directory, 'heads'),
      log,
      () => undefined,
      () => undefined,
    ).look();

  it('follows a log that grows, over restarts', async () => {
    await expect(look(logOf(['a', 'b']))).resolves.toMatchObject({ seen: 'grown', size: 2 });
    await expect(look(logOf(['a', 'b']))).resolves.toEqual({ seen: 'nothing-new' });
    await expect(look(logOf(['a', 'b', 'c', 'd', 'e']))).resolves.toMatchObject({ seen: 'grown', size: 5 });
  });

  it.each([
    ['an entry was altered', logOf(['a', 'B', 'c'])],
    ['the same size has another root', logOf(['a', 'B'])],
    ['entries were removed', logOf(['a'])],
    ['the key is another', logOf(['a', 'b', 'c'], keys())],
  ])('notices that %s, and goes on comparing with what it knew', async (_, changed) => {
    await look(logOf(['a', 'b']));
    await expect(look(changed)).resolves.toMatchObject({ seen: 'contradiction' });
    await expect(look(logOf(['a', 'b', 'c']))).resolves.toMatchObject({ seen: 'grown', size: 3 });
  });
});
