import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { ControlChannel, type GuestListener } from './control-channel.js';
import { encodeFrame, parseFrame } from './frames.js';

const nobody: GuestListener = { log: async () => undefined, exited: async () => undefined };

let directory: string;
let server: Server;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bulkhead-channel-'));
  server = createServer().listen(join(directory, 'ctl'));
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  await rm(directory, { recursive: true });
});

/** A channel and the guest at its other end, which has answered the attach with whatever `greet` makes of it. */
async function session(listener = nobody, greet = (nonce: string): Buffer => hello(nonce)) {
  const accepted = once(server, 'connection');
  const socket = connect(join(directory, 'ctl'));
  await once(socket, 'connect');
  const channel = new ControlChannel(socket, listener);
  const guest = (await accepted)[0] as Socket;
  guest.on('error', () => undefined);
  const [attach] = (await once(guest, 'data')) as [Buffer];
  const { nonce } = z.object({ nonce: z.string() }).parse(parseFrame(attach.subarray(12)));
  guest.write(greet(nonce));
  return { channel, guest };
}

const hello = (nonce: string) =>
  encodeFrame({ type: 'hello', nonce, protocol: 1, configured: false }, { reset: true });
const line = (seq: number) => ({ seq, stream: 'stdout', unixMs: 0, text: `line ${seq}` });
const log = (...seqs: number[]) => encodeFrame({ type: 'log', dropped: 0, lines: seqs.map(line) });

it('ignores what belongs to an earlier session', async () => {
  const seen: string[] = [];
  const listener = {
    ...nobody,
    log: async (lines: { text: string }[]) => void seen.push(...lines.map((l) => l.text)),
  };
  const { channel, guest } = await session(listener, (nonce) =>
    Buffer.concat([Buffer.from('tail of a frame'), hello('other'), log(1), hello(nonce), log(2)]),
  );
  expect(await channel.hello(1_000)).toBe(false);
  await once(guest, 'data'); // the acknowledgement
  expect(seen).toEqual(['line 2']);
  channel.close();
});

it('passes repeated lines on once, and acknowledges only what was taken', async () => {
  const seen: string[] = [];
  const taken = Promise.withResolvers<void>();
  const listener = {
    ...nobody,
    log: async (lines: { text: string }[]) => {
      seen.push(...lines.map((l) => l.text));
      await taken.promise;
    },
  };
  const { channel, guest } = await session(listener);
  await channel.hello(1_000);
  let answered = false;
  guest.once('data', () => (answered = true));
  guest.write(Buffer.concat([log(1, 2), log(2, 3)]));
  while (seen.length < 2) await new Promise(setImmediate);
  expect(answered).toBe(false);
  taken.resolve();
  while (seen.length < 3) await new Promise(setImmediate);
  expect(seen).toEqual(['line 1', 'line 2', 'line 3']);
  channel.close();
});

it('stops reading from a guest that sends more than is taken', async () => {
  const listener = { ...nobody, log: () => new Promise<void>(() => undefined) };
  const { channel, guest } = await session(listener);
  await channel.hello(1_000);
  const big = { type: 'log', dropped: 0, lines: [{ ...line(1), text: 'x'.repeat(40_000) }] };
  let sent = 0;
  while (guest.write(encodeFrame(big)) || guest.writableLength < 1_000_000) {
    sent += 1;
    await new Promise(setImmediate);
    if (sent > 2_000) throw new Error('the channel takes everything');
  }
  expect(guest.writableLength).toBeGreaterThan(0);
  channel.close();
});

it('ends the session of a guest that breaks the protocol, whatever it sends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (garbage) => {
      const { channel, guest } = await session();
      await channel.hello(1_000);
      const request = channel.request('ping', {}, z.object({}), { timeoutMs: 5_000 });
      guest.end(Buffer.from(garbage));
      await expect(request).rejects.toThrow();
      await channel.closed;
    }),
    { numRuns: 50 },
  );
});

it('refuses an answer of the wrong shape, and passes refusals on with their code', async () => {
  const { channel, guest } = await session();
  await channel.hello(1_000);
  const answer = (message: object) => guest.write(encodeFrame({ type: 'response', ...message }));
  const wrong = channel.request('ps', {}, z.array(z.string()));
  answer({ id: 1, result: { processes: 3 } });
  await expect(wrong).rejects.toMatchObject({ code: 'guest_protocol' });
  const refused = channel.request('signal', {}, z.object({}));
  answer({ id: 2, error: { code: 'not_running', message: 'the app is not running' } });
  await expect(refused).rejects.toMatchObject({
    code: 'guest_not_running',
    message: 'the app is not running',
  });
  channel.close();
});
