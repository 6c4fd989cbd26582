import { Agent as PlainAgent, request as requestPlainly, type IncomingMessage } from 'node:http';
import { Agent, request as requestSecurely } from 'node:https';
import { types } from 'node:util';
import { isBulkheadError } from '@bulkhead/contracts';
import { codeOf, delayed, refused } from '../errors.js';
import { Destinations, type RegistryPolicy } from './destinations.js';

const HEAD_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;

/** Connections outlive one pull; whether one may be made is decided by the host it is kept under. */
const AGENTS = {
  plain: new PlainAgent({ keepAlive: true, timeout: STALL_TIMEOUT_MS }),
  secure: new Agent({ keepAlive: true, timeout: STALL_TIMEOUT_MS }),
};

export interface TransportOptions extends RegistryPolicy {
  readonly headTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

/** An answer whose body is still to be read, or to be given up by ending the iteration. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: AsyncIterable<Uint8Array>;
}

/** HTTP to one registry and to where it sends us: bounded waits, and no credentials for anybody else. */
export class Transport {
  readonly origin: string;
  private readonly destinations: Destinations;

  constructor(
    private readonly host: string,
    private readonly options: TransportOptions,
  ) {
    this.destinations = new Destinations(options);
    this.origin = `${this.destinations.isPlain(host) ? 'http' : 'https'}://${host}`;
  }

  /**
   * Asks for a URL of the registry or of its token server. Redirects are followed with `authorization` only where they
   * stay on the same origin. Throws `registry_unreachable`, `registry_forbidden`, and the signal's reason.
   */
  async get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    let target = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      this.destinations.admit(target);
      const { authorization, ...others } = headers;
      const sent = authorization && target.origin === url.origin ? { ...others, authorization } : others;
      const answer = await this.ask(target, sent, signal);
      const { location } = answer.headers;
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return answer;
      await discard(answer);
      target = this.redirected(location, target);
    }
    throw refused('registry_forbidden', `${this.host} redirects more than ${MAX_REDIRECTS} times.`);
  }

  private async ask(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer> {
    const deadline = new Deadline(signal, `${url.host} did not answer in time`);
    try {
      deadline.start(this.options.headTimeoutMs ?? HEAD_TIMEOUT_MS);
      const response = await this.send(url, headers, deadline.signal);
      deadline.stop();
      return {
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: this.read(response, url.host, deadline, signal),
      };
    } catch (error) {
      deadline.stop();
      throw this.fault(error, url.host, deadline, signal);
    }
  }

  private send(
    url: URL,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const isPlain = url.protocol === 'http:';
    const lookup = this.destinations.lookupFor(url);
    (isPlain ? requestPlainly : requestSecurely)(url, {
      agent: isPlain ? AGENTS.plain : AGENTS.secure,
      headers: { 'user-agent': 'bulkhead', 'accept-encoding': 'identity', ...headers },
      signal,
      ...(lookup && { lookup }),
    })
      .once('response', resolve)
      .on('error', reject)
      .end();
    return promise;
  }

  private async *read(
    response: IncomingMessage,
    host: string,
    deadline: Deadline,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    const chunks = (response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    try {
      for (;;) {
        deadline.start(this.options.stallTimeoutMs ?? STALL_TIMEOUT_MS);
        const { done, value } = await chunks.next();
        deadline.stop(); // what the consumer takes is not the server's
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw this.fault(error, host, deadline, signal);
    } finally {
      deadline.stop();
      response.destroy();
    }
  }

  private redirected(location: string, from: URL): URL {
    const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (!target) throw refused('registry_forbidden', `${this.host} redirects to something that is no URL.`);
    return target;
  }

  private fault(error: unknown, host: string, deadline: Deadline, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (isBulkheadError(error)) return error;
    if (codeOf(error) === 'ENOTFOUND')
      return refused('image_not_found', `There is no registry named ${host}.`, error);
    const reason = deadline.signal.aborted ? reasonOf(deadline.signal.reason) : reasonOf(error);
    return delayed('registry_unreachable', `The registry's server ${host} can't be reached: ${reason}.`, {
      cause: error,
    });
  }
}

/** Ends an answer without reading it. */
export async function discard({ body }: Answer): Promise<void> {
  for await (const _ of body) break;
}

/** Aborts with the caller's signal, or by itself when what was started is not stopped in time. */
class Deadline {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(
    caller: AbortSignal,
    private readonly message: string,
  ) {
    this.signal = AbortSignal.any([caller, this.controller.signal]);
  }

  start(milliseconds: number): void {
    this.timer = setTimeout(() => this.controller.abort(new Error(this.message)), milliseconds);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}

/** The innermost of a chain of causes says what happened. */
function reasonOf(error: unknown): string {
  let reason = String(error);
  for (let inner = error; types.isNativeError(inner); inner = inner.cause)
    reason = inner.message || codeOf(inner) || inner.name;
  return reason;
}
