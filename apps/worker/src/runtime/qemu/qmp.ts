import type { Socket } from 'node:net';
import { RetryableError, TerminalError } from '@bulkhead/contracts';
import { z } from 'zod';
import { LineReader } from './lines.js';

const MAX_LINE = 1024 * 1024;
const COMMAND_TIMEOUT_MS = 10_000;

const qmpMessage = z.union([
  z.object({ QMP: z.object({}) }),
  z.object({ id: z.int(), return: z.unknown() }),
  z.object({ id: z.int().optional(), error: z.object({ class: z.string(), desc: z.string() }) }),
  z.object({ event: z.string(), data: z.record(z.string(), z.unknown()).default({}) }),
]);

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** A client of the QEMU Machine Protocol (docs/interop/qmp-spec). */
export class Qmp {
  readonly #socket: Socket;
  readonly #lines = new LineReader(MAX_LINE);
  readonly #commands = new Map<number, Pending>();
  readonly #greeting = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  readonly #onEvent: (event: string, data: Record<string, unknown>) => void;
  #nextId = 1;

  constructor(socket: Socket, onEvent: (event: string, data: Record<string, unknown>) => void) {
    this.#socket = socket;
    this.#onEvent = onEvent;
    this.#greeting.promise.catch(() => undefined);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', () => undefined); // `close` follows and tells everybody
    socket.on('close', () => this.#end());
  }

  /** Resolves when the VMM is gone, or has closed the connection. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Waits for the greeting, which QEMU sends once every device is there, and leaves negotiation mode. */
  async negotiate(timeoutMs: number): Promise<void> {
    const timer = setTimeout(() => this.#greeting.reject(silent('the greeting', timeoutMs)), timeoutMs);
    await this.#greeting.promise.finally(() => clearTimeout(timer));
    await this.execute('qmp_capabilities', {}, z.unknown());
  }

  /**
   * @throws TerminalError `vmm_refused` with QEMU's description
   * @throws RetryableError `vmm_silent`, `vmm_closed`
   */
  async execute<T>(command: string, args: Record<string, unknown>, result: z.ZodType<T>): Promise<T> {
    const id = this.#nextId++;
    const answer = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => answer.reject(silent(command, COMMAND_TIMEOUT_MS)), COMMAND_TIMEOUT_MS);
    this.#commands.set(id, answer);
    try {
      if (this.#socket.destroyed) throw vmmClosed();
      this.#socket.write(JSON.stringify({ execute: command, arguments: args, id }) + '\n');
      return result.parse(await answer.promise);
    } finally {
      clearTimeout(timer);
      this.#commands.delete(id);
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    try {
      for (const line of this.#lines.push(chunk)) this.#handle(qmpMessage.parse(JSON.parse(line)));
    } catch {
      this.#socket.destroy(); // not QMP: everybody waiting hears `vmm_closed`
    }
  }

  #handle(message: z.infer<typeof qmpMessage>): void {
    if ('QMP' in message) return this.#greeting.resolve();
    if ('event' in message) return this.#onEvent(message.event, message.data);
    const command = message.id === undefined ? undefined : this.#commands.get(message.id);
    if ('error' in message) command?.reject(new TerminalError('vmm_refused', message.error.desc));
    else command?.resolve(message.return);
  }

  #end(): void {
    const error = vmmClosed();
    for (const command of this.#commands.values()) command.reject(error);
    this.#greeting.reject(error);
    this.#closed.resolve();
  }
}

const vmmClosed = () => new RetryableError('vmm_closed', 'The virtual machine monitor has ended.', 1000);
const silent = (what: string, ms: number) =>
  new RetryableError('vmm_silent', `The virtual machine monitor did not answer ${what} in ${ms} ms.`, 1000);
