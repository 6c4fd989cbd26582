import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { RetryableError, TerminalError } from '@bulkhead/contracts';
import type { z } from 'zod';
import { encodeFrame, FrameError, FrameReader, parseFrame } from './frames.js';
import { type GuestExit, type GuestLogLine, guestMessage, type GuestMessage, PROTOCOL } from './protocol.js';

/** Takes what the guest says unasked, one at a time and in order; a resolved promise is the acknowledgement. */
export interface GuestListener {
  log(lines: GuestLogLine[], dropped: number): Promise<void>;
  exited(exit: GuestExit): Promise<void>;
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
  onOutput(stream: 'stdout' | 'stderr', data: Buffer): void;
}

interface RequestOptions {
  readonly timeoutMs?: number;
  readonly onOutput?: (stream: 'stdout' | 'stderr', data: Buffer) => void;
}

const REQUEST_TIMEOUT_MS = 10_000;
/** Unacknowledged messages held at most; beyond it the guest's bytes wait in the socket. */
const MAX_WAITING = 16;

/**
 * A session with a guest's init. Every byte that comes out of it is a stranger's: a guest that breaks the protocol
 * loses its channel.
 */
export class ControlChannel {
  readonly #socket: Socket;
  readonly #listener: GuestListener;
  readonly #frames = new FrameReader();
  readonly #requests = new Map<number, Pending>();
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #hello = Promise.withResolvers<boolean>();
  readonly #closed = Promise.withResolvers<Error | undefined>();
  #greeted = false;
  #nextId = 1;
  #lastSeq = 0;
  #waiting = 0;
  #queue: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  /** Takes over a connected socket of the VMM. Call `hello` next. */
  constructor(socket: Socket, listener: GuestListener) {
    this.#socket = socket;
    this.#listener = listener;
    this.#hello.promise.catch(() => undefined); // whoever awaits `hello` sees it; nobody may
    socket.on('data', (chunk) => this.#guarded(() => this.#receive(chunk)));
    socket.on('error', (error) => (this.#failure ??= error));
    socket.on('close', () => this.#end());
    socket.write(encodeFrame({ type: 'attach', nonce: this.#nonce }, { reset: true }));
  }

  /** Resolves with the reason once the channel is closed; undefined for a plain end. */
  get closed(): Promise<Error | undefined> {
    return this.#closed.promise;
  }

  /**
   * Waits for the guest's init; resolves with whether it has its configuration already.
   * @throws RetryableError `guest_silent`
   */
  async hello(timeoutMs: number): Promise<boolean> {
    const timer = setTimeout(
      () =>
        this.#hello.reject(
          new RetryableError('guest_silent', `The guest said nothing for ${timeoutMs} ms.`, 1000),
        ),
      timeoutMs,
    );
    return this.#hello.promise.finally(() => clearTimeout(timer));
  }

  /**
   * Asks the guest for something.
   * @throws TerminalError `guest_<code>` where the guest refused, `guest_protocol` for an answer of the wrong shape
   * @throws RetryableError `guest_silent`, `channel_closed`
   */
  async request<T>(
    op: string,
    args: unknown,
    result: z.ZodType<T>,
    options: RequestOptions = {},
  ): Promise<T> {
    const { timeoutMs = REQUEST_TIMEOUT_MS, onOutput = () => undefined } = options;
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    const timer = setTimeout(
      () =>
        answer.reject(
          new RetryableError('guest_silent', `The guest did not answer ${op} in ${timeoutMs} ms.`, 1000),
        ),
      timeoutMs,
    );
    this.#requests.set(id, { resolve: answer.resolve, reject: answer.reject, onOutput });
    try {
      this.#send({ type: 'request', id, op, args });
      const parsed = result.safeParse(await answer.promise);
      if (!parsed.success)
        throw new TerminalError('guest_protocol', `The guest answered ${op} in a shape it never has.`);
      return parsed.data;
    } finally {
      clearTimeout(timer);
      this.#requests.delete(id);
    }
  }

  /** Lets go of the guest, which keeps what was not acknowledged. */
  close(): void {
    this.#socket.destroy();
  }

  #send(message: unknown): void {
    if (this.#socket.destroyed) throw channelClosed();
    this.#socket.write(encodeFrame(message));
  }

  #receive(chunk: Buffer): void {
    for (const frame of this.#frames.push(chunk)) {
      const message = guestMessage.safeParse(parseFrame(frame));
      if (!message.success) throw new FrameError('The guest sent a message that its init never sends.');
      this.#handle(message.data);
    }
  }

  #handle(message: GuestMessage): void {
    if (message.type === 'hello') return this.#greet(message);
    if (!this.#greeted) return; // of the session before this one
    switch (message.type) {
      case 'response':
        return this.#settle(message);
      case 'output':
        return this.#requests.get(message.id)?.onOutput(message.stream, Buffer.from(message.data, 'base64'));
      case 'log':
        return this.#enqueue(() => this.#takeLog(message.lines, message.dropped));
      case 'exit':
        return this.#enqueue(() => this.#takeExit(message.exit));
    }
  }

  #greet(hello: { nonce: string; protocol: number; configured: boolean }): void {
    if (hello.nonce !== this.#nonce) return;
    if (hello.protocol !== PROTOCOL)
      throw new FrameError(`The guest's init speaks protocol ${hello.protocol}.`);
    this.#greeted = true;
    this.#hello.resolve(hello.configured);
  }

  #settle({
    id,
    error,
    result,
  }: {
    id: number;
    error?: { code: string; message: string } | undefined;
    result?: unknown;
  }) {
    const request = this.#requests.get(id);
    if (error === undefined) request?.resolve(result);
    else request?.reject(new TerminalError(`guest_${error.code}`, error.message));
  }

  /** A session repeats what the one before left unacknowledged, so lines may come twice. */
  async #takeLog(lines: GuestLogLine[], dropped: number): Promise<void> {
    const fresh = lines.filter((line) => line.seq > this.#lastSeq);
    const last = lines.at(-1);
    if (last === undefined) return;
    if (fresh.length > 0) await this.#listener.log(fresh, dropped);
    this.#lastSeq = Math.max(this.#lastSeq, last.seq);
    this.#acknowledge({ type: 'log-ack', seq: last.seq });
  }

  async #takeExit(exit: GuestExit): Promise<void> {
    await this.#listener.exited(exit);
    this.#acknowledge({ type: 'exit-ack' });
  }

  #acknowledge(message: unknown): void {
    if (!this.#socket.destroyed) this.#send(message);
  }

  #enqueue(take: () => Promise<void>): void {
    this.#waiting += 1;
    if (this.#waiting >= MAX_WAITING) this.#socket.pause();
    this.#queue = this.#queue.then(take).then(
      () => this.#taken(),
      (error: unknown) => this.#fail(error),
    );
  }

  #taken(): void {
    this.#waiting -= 1;
    if (this.#waiting < MAX_WAITING) this.#socket.resume();
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#socket.destroy();
  }

  #end(): void {
    const error = this.#failure ?? channelClosed();
    for (const request of this.#requests.values()) request.reject(error);
    this.#hello.reject(error);
    this.#closed.resolve(this.#failure);
  }
}

const channelClosed = () =>
  new RetryableError('channel_closed', 'The connection to the guest is closed.', 1000);
