import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seal, unseal, type StreamKey } from './sealed-stream.js';

const CHUNK = 256 * 1024;
const SEALED_CHUNK = CHUNK + 16;
const stream: StreamKey = { key: randomBytes(32), context: 'memory of a machine' };
const piecesOf = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    ),
  );
const sealed = (plain: Buffer, piece = 65_536) => buffer(Readable.from(seal(piecesOf(plain, piece), stream)));
const opened = (bytes: Buffer, key: StreamKey = stream, piece = 65_536) =>
  buffer(Readable.from(unseal(piecesOf(bytes, piece), key)));
const plain = randomBytes(2 * CHUNK + 1000);

describe('a sealed stream', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1000])(
    'gives back %i bytes, however they are cut on the way',
    async (length) => {
      const bytes = plain.subarray(0, length);
      for (const piece of [1000, SEALED_CHUNK, 2 ** 20])
        expect((await opened(await sealed(bytes, piece), stream, piece)).equals(bytes)).toBe(true);
    },
  );

  it('refuses a stream that was altered at any place', async () => {
    const bytes = await sealed(plain);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const altered = Buffer.from(bytes);
        altered[at] = (altered[at] ?? 0) ^ change;
        await expect(opened(altered)).rejects.toMatchObject({ code: 'stream_altered' });
      }),
      { numRuns: 30 },
    );
  });

  it('refuses a stream that was cut, at the end of a chunk too, or that goes on', async () => {
    const bytes = await sealed(plain);
    for (const length of [0, 10, SEALED_CHUNK, 2 * SEALED_CHUNK, bytes.length - 1])
      await expect(opened(bytes.subarray(0, length))).rejects.toMatchObject({ code: 'stream_altered' });
    await expect(opened(Buffer.concat([bytes, bytes]))).rejects.toMatchObject({ code: 'stream_altered' });
  });

  it('refuses chunks in another order, and those of another stream', async () => {
    const bytes = await sealed(plain);
    const [first, second, rest] = [
      bytes.subarray(0, SEALED_CHUNK),
      bytes.subarray(SEALED_CHUNK, 2 * SEALED_CHUNK),
      bytes.subarray(2 * SEALED_CHUNK),
    ];
    const swapped = Buffer.concat([second, first, rest]);
    await expect(opened(swapped)).rejects.toMatchObject({ code: 'stream_altered' });
    for (const other of [
      { ...stream, context: 'memory of another' },
      { ...stream, key: randomBytes(32) },
    ])
      await expect(opened(bytes, other)).rejects.toMatchObject({ code: 'stream_altered' });
  });

  it('gives nothing out of a chunk that it could not verify', async () => {
    const bytes = await sealed(plain);
    bytes[SEALED_CHUNK + 5] = (bytes[SEALED_CHUNK + 5] ?? 0) ^ 1;
    const given: Buffer[] = [];
    const read = async () => {
      for await (const chunk of unseal(piecesOf(bytes, 65_536), stream)) given.push(chunk);
    };
    await expect(read()).rejects.toMatchObject({ code: 'stream_altered' });
    expect(Buffer.concat(given).equals(plain.subarray(0, CHUNK))).toBe(true);
  });
});
