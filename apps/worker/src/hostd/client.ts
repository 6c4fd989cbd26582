import { connect, type Socket } from 'node:net';
import { RetryableError, TerminalError } from '@bulkhead/contracts';
import type { z } from 'zod';
import { LineReader } from '../runtime/qemu/lines.js';
import { FAILED, hostAnswer, type HostRequest } from './protocol.js';

const MAX_ANSWER = 4 * 1024 * 1024;
const ANSWER_LIMIT_MS = 30_000;

/** The worker's side of hostd's socket. One connection per request: hostd may have been restarted since the last. */
export class HostdClient {
  constructor(private readonly socketPath: string) {}

  /**
   * @throws TerminalError `hostd_<code>` where hostd refused
   * @throws RetryableError `hostd_failed`, `hostd_away`
   */
  async request<T>(request: HostRequest, result: z.ZodType<T>): Promise<T> {
    const line = await this.#exchange(JSON.stringify(request) + '\n');
    const answer = hostAnswer.parse(JSON.parse(line));
    if ('error' in answer) throw asError(answer.error);
    return result.parse(answer.ok);
  }

  #exchange(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const lines = new LineReader(MAX_ANSWER);
      const socket: Socket = connect(this.socketPath);
      const fail = (reason: string) => {
        socket.destroy();
        reject(
          new RetryableError('hostd_away', `The privileged helper at ${this.socketPath} ${reason}.`, 1000),
        );
      };
      const timer = setTimeout(() => fail(`did not answer in ${ANSWER_LIMIT_MS} ms`), ANSWER_LIMIT_MS);
      socket.on('connect', () => socket.write(line));
      socket.on('data', (chunk) => {
        const [answer] = lines.push(chunk);
        if (answer === undefined) return;
        socket.destroy();
        resolve(answer);
      });
      socket.on('error', (error) => fail(`can't be reached: ${error.message}`));
      socket.on('close', () => {
        clearTimeout(timer);
        fail('closed the connection');
      });
    });
  }
}

function asError({ code, message }: { code: string; message: string }): Error {
  if (code !== FAILED) return new TerminalError(`hostd_${code}`, message);
  return new RetryableError('hostd_failed', 'The privileged helper failed.', 1000, { operator: message });
}
