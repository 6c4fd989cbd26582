import { BlockList, isIP } from 'node:net';
import { types } from 'node:util';
import { codeOf, delayed, refused } from '../errors.js';

const HEAD_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 5;

export interface TransportOptions {
  /** `host[:port]` of servers spoken to over plain HTTP; those on loopback are anyway. */
  readonly insecureRegistries: readonly string[];
  readonly headTimeoutMs?: number;
  readonly stallTimeoutMs?: number;
}

/** An answer whose body is still to be read, or to be given up by ending the iteration. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AsyncIterable<Uint8Array>;
}

const LOCAL = new BlockList();
LOCAL.addSubnet('127.0.0.0', 8);
LOCAL.addAddress('::1', 'ipv6');
const INTERNAL = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  INTERNAL.addSubnet(net, prefix);
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const)
  INTERNAL.addSubnet(net, prefix, 'ipv6');

/** HTTP to one registry and to where it sends us: bounded waits, and no credentials for anybody else. */
export class Transport {
  readonly origin: string;

  constructor(
    private readonly host: string,
    private readonly options: TransportOptions,
  ) {
    this.origin = `${this.speaksPlainly(host) ? 'http' : 'https'}://${host}`;
  }

  /**
   * Asks for a URL of the registry or of its token server. Redirects are followed with `authorization` only where they
   * stay on the same origin. Throws `registry_unreachable`, `registry_forbidden`, and the signal's reason.
   */
  async get(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer> {
    let target = url;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      this.admit(target);
      const { authorization, ...others } = headers;
      const sent = authorization && target.origin === url.origin ? { ...others, authorization } : others;
      const answer = await this.ask(target, sent, signal);
      const location = answer.headers.get('location');
      if (![301, 302, 303, 307, 308].includes(answer.status) || location === null) return answer;
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
      const response = await fetch(url.href, {
        headers: { 'user-agent': 'bulkhead', 'accept-encoding': 'identity', ...headers },
        redirect: 'manual',
        signal: deadline.signal,
      });
      deadline.stop();
      return {
        status: response.status,
        headers: response.headers,
        body: this.read(response, url.host, deadline, signal),
      };
    } catch (error) {
      deadline.stop();
      throw this.fault(error, url.host, signal);
    }
  }

  private async *read(
    response: Response,
    host: string,
    deadline: Deadline,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array, void> {
    const reader = response.body?.getReader();
    if (!reader) return;
    try {
      for (;;) {
        deadline.start(this.options.stallTimeoutMs ?? STALL_TIMEOUT_MS);
        const { done, value } = await reader.read();
        deadline.stop(); // what the consumer takes is not the server's
        if (done) return;
        yield value;
      }
    } catch (error) {
      throw this.fault(error, host, signal);
    } finally {
      deadline.stop();
      await reader.cancel().catch(() => undefined); // gone already where reading failed
    }
  }

  private redirected(location: string, from: URL): URL {
    const target = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (!target) throw refused('registry_forbidden', `${this.host} redirects to something that is no URL.`);
    return target;
  }

  /** Not everywhere a stranger's registry may send us, and never in the clear but where that was allowed. */
  private admit(url: URL): void {
    const plain = url.protocol === 'http:' && this.speaksPlainly(url.host);
    if (url.protocol !== 'https:' && !plain)
      throw refused('registry_forbidden', `${this.host} refers to ${url.origin}, which is not HTTPS.`);
    if (url.username || url.password)
      throw refused('registry_forbidden', `${this.host} refers to a URL that carries credentials.`);
    if (url.host !== this.host && isInternal(url.hostname) && !isInternal(hostname(this.host)))
      throw refused('registry_forbidden', `${this.host} refers to ${url.host}, an internal address.`);
  }

  private speaksPlainly(host: string): boolean {
    return isLoopback(hostname(host)) || this.options.insecureRegistries.includes(host);
  }

  private fault(error: unknown, host: string, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    return delayed(
      'registry_unreachable',
      `The registry's server ${host} can't be reached: ${reasonOf(error)}.`,
      {
        cause: error,
      },
    );
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

const hostname = (host: string) => host.replace(/:\d+$/, '');
const unbracketed = (name: string) => name.replace(/^\[|\]$/g, '');
const isLocalName = (name: string) => name === 'localhost' || name.endsWith('.localhost');

function listed(list: BlockList, name: string): boolean {
  const address = unbracketed(name);
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

const isLoopback = (name: string) => isLocalName(name) || listed(LOCAL, name);
const isInternal = (name: string) => isLocalName(name) || listed(INTERNAL, name);

/** fetch hides what happened in a chain of causes. */
function reasonOf(error: unknown): string {
  let reason = String(error);
  for (let inner = error; types.isNativeError(inner); inner = inner.cause)
    reason = inner.message || codeOf(inner) || inner.name;
  return reason;
}
