import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  encodeFrame,
  FrameError,
  FrameReader,
  MAX_GUEST_FRAME,
  MAX_HOST_FRAME,
  parseFrame,
} from './frames.js';
import { guestMessage } from './protocol.js';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

/** Cuts a buffer at some places. */
function cut(stream: Buffer, places: number[]): Buffer[] {
  const at = [...new Set(places.map((place) => place % (stream.length + 1)))].sort((a, b) => a - b);
  return [...at, stream.length].map((end, index) => stream.subarray(at[index - 1] ?? 0, end));
}

function readAll(chunks: Buffer[]): unknown[] {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => reader.push(chunk)).map(parseFrame);
}

describe('frames of the control channel', () => {
  it('arrive whole, in whatever pieces the bytes come', () => {
    const messages = fc.array(fc.record({ text: fc.string({ maxLength: 200 }) }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
        const stream = Buffer.concat(
          sent.map((message, index) => encodeFrame(message, { reset: index === 0 })),
        );
        expect(readAll(cut(stream, places))).toEqual(sent);
      }),
    );
  });

  it('are found after whatever an earlier session left in the port', () => {
    fc.assert(
      fc.property(bytes(300), fc.array(fc.nat(), { maxLength: 20 }), (left, places) => {
        const reader = new FrameReader();
        const session = Buffer.concat([left, encodeFrame({ type: 'hello' }, { reset: true })]);
        const frames: Buffer[] = [];
        try {
          for (const chunk of cut(session, places)) frames.push(...reader.push(chunk));
        } catch (error) {
          // Only where those bytes themselves began a session.
          expect(left.includes(Buffer.alloc(7, 0xff))).toBe(true);
          expect(error).toBeInstanceOf(FrameError);
          return;
        }
        expect(frames.map(parseFrame).at(-1)).toEqual({ type: 'hello' });
      }),
      { numRuns: 500 },
    );
  });

  it('never make a reader hold more than a frame and a chunk, nor fail otherwise than by FrameError', () => {
    const hostile = fc.array(
      fc.oneof(
        bytes(64),
        fc.constant(Buffer.alloc(8, 0xff)),
        bytes(12).map((body) => lengthOf(body)),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(hostile, (chunks) => {
        const reader = new FrameReader();
        try {
          for (const frame of chunks.flatMap((chunk) => reader.push(chunk)))
            guestMessage.safeParse(parseFrame(frame));
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('have a bounded length both ways', () => {
    const announced = Buffer.alloc(4);
    announced.writeUInt32BE(MAX_GUEST_FRAME + 1);
    const reader = new FrameReader();
    expect(() => reader.push(Buffer.concat([Buffer.alloc(8, 0xff), announced]))).toThrow(FrameError);
    expect(() => encodeFrame('x'.repeat(MAX_HOST_FRAME))).toThrow(FrameError);
  });
});

function lengthOf(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

describe('messages of a guest', () => {
  it.each([
    [
      'a log line beyond the limit',
      { type: 'log', dropped: 0, lines: [{ seq: 1, stream: 'stdout', unixMs: 0, text: 'x'.repeat(50_000) }] },
    ],
    ['no line', { type: 'log', dropped: 0, lines: [] }],
    [
      'an unknown stream',
      { type: 'log', dropped: 0, lines: [{ seq: 1, stream: 'stdin', unixMs: 0, text: '' }] },
    ],
    [
      'a time beyond the calendar',
      { type: 'log', dropped: 0, lines: [{ seq: 1, stream: 'stdout', unixMs: 1e16, text: '' }] },
    ],
    [
      'an exit code that is none',
      {
        type: 'exit',
        exit: { exitCode: 256, signal: null, oomKilled: false, requested: false, exitedAt: 0 },
      },
    ],
    ['output that is not base64', { type: 'output', id: 1, stream: 'stdout', data: '***' }],
    ['an unknown type', { type: 'launch' }],
    ['a list', []],
  ])('are refused with %s', (_, message) => {
    expect(guestMessage.safeParse(message).success).toBe(false);
  });
});
