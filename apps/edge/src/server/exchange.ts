import { writeEnd, writePayload } from '../http1/body-encoder.js';
import { decoderFor, type BodyDecoder } from '../http1/body-decoder.js';
import { CHUNKED, NO_BODY, UNTIL_CLOSE, type BodyFraming } from '../http1/framing.js';
import { HeadCollector } from '../http1/head-collector.js';
import type { RequestHead } from '../http1/request-head.js';
import { parseResponseHead, type ResponseHead } from '../http1/response-head.js';
import { serializeInterim, serializeRequest, serializeResponse } from '../http1/serialize.js';
import { HttpSyntaxError } from '../http1/syntax-error.js';
import type { ConnectionFacts } from '../proxy/connection-facts.js';
import * as refusals from '../proxy/refusal.js';
import type { Refusal } from '../proxy/refusal.js';
import { requestFields, type RequestIdentity } from '../proxy/request-fields.js';
import { MAX_ATTEMPTS, mayResend } from '../proxy/resend.js';
import type { SpanSampling } from '../proxy/trace.js';
import { responseFields } from '../proxy/response-fields.js';
import { acceptsWebSocket } from '../proxy/websocket.js';
import { isYoung } from '../routing/patience.js';
import type { Lease, Router } from '../routing/router.js';
import type { AppRoutes, Entrance } from '../routing/routes.js';
import type { WaitingRoom } from '../limits/waiting-room.js';
import type { Pool } from '../upstream/pool.js';
import type { UpstreamConnection, UpstreamUser } from '../upstream/upstream-connection.js';
import type { ClientPort, Conversation } from './conversation.js';
import type { Deadline, Deadlines } from './deadlines.js';
import type { Observer } from './observer.js';
import { writeRefusal } from './reply.js';
import { MAX_INTERIM, MAX_RESPONSE_HEAD, type TimeLimits } from './settings.js';
import { Tunnel } from './tunnel.js';
import { Wait } from './wait.js';

/** What all exchanges of a thread share. */
export interface ExchangeContext {
  readonly router: Router;
  readonly pool: Pool;
  readonly waitingRoom: WaitingRoom;
  /** The routes of a host name as they are now. */
  readonly find: (hostname: string) => AppRoutes | undefined;
  readonly deadlines: Deadlines;
  readonly limits: TimeLimits;
  readonly region: string;
  readonly sampling: SpanSampling | undefined;
  readonly observer: Observer;
  readonly isDraining: () => boolean;
}

export interface AdmittedRequest {
  readonly head: RequestHead;
  readonly identity: RequestIdentity;
  readonly facts: ConnectionFacts;
  readonly app: string;
  readonly hostname: string;
  /** As it was when the request came. */
  readonly entrance: Entrance;
}

/** Of an app that has stopped to answer here. */
const NO_ENTRANCE: Entrance = { forceHttps: false, hsts: false, backends: [] };

/**
 * One request and its response: finds a backend, sends the request, relays the response, and decides what of the two
 * connections can be used again. Bodies stream in both directions; whoever is slower holds up the other.
 */
export class Exchange implements Conversation, UpstreamUser {
  private readonly startedAt = performance.now();
  private readonly deadline: Deadline;
  private readonly tried = new Set<string>();
  private attempts = 0;
  private connecting: AbortController | undefined;
  private wait: Wait | undefined;
  private lease: Lease | undefined;
  private upstream: UpstreamConnection | undefined;

  private entrance: Entrance;

  private readonly requestBody: BodyDecoder;
  private hasByteLeft = false;
  private isUpstreamFull = false;

  private readonly responseHeads = new HeadCollector(MAX_RESPONSE_HEAD);
  private interims = 0;
  private response: ResponseHead | undefined;
  private responseBody: BodyDecoder | undefined;
  private clientFraming: BodyFraming = NO_BODY;
  private isClientFull = false;
  private isReusable = false;
  private hasAnsweredEarly = false;

  private isOver = false;
  private machine: string | undefined;
  private status = 0;
  private fault: string | undefined;
  private bytesOut = 0;

  constructor(
    private readonly client: ClientPort,
    private readonly request: AdmittedRequest,
    private readonly context: ExchangeContext,
  ) {
    this.requestBody = decoderFor(request.head.framing);
    this.entrance = request.entrance;
    this.deadline = context.deadlines.create(() => this.fail(refusals.RESPONSE_TIMEOUT));
    context.observer.requestStarted();
  }

  get hasWholeRequest(): boolean {
    return this.requestBody.done;
  }

  /** Sends the request to the best backend; called again where it may be sent again. */
  start(): void {
    const acquired = this.context.router.acquire(this.entrance, this.tried, performance.now());
    if (acquired.kind !== 'lease') return this.waitOr(this.refusalFor(acquired.kind));
    const { lease } = acquired;
    this.lease = lease;
    this.machine = lease.backend.machine;
    const idle = this.attempts++ === 0 ? this.context.pool.take(lease.backend) : undefined;
    if (idle) this.send(idle);
    else void this.connect(lease);
  }

  private refusalFor(kind: 'none' | 'full'): Refusal {
    if (this.tried.size > 0) return refusals.UNREACHABLE;
    return kind === 'full' ? refusals.AT_CAPACITY : refusals.NO_INSTANCE;
  }

  private async connect(lease: Lease): Promise<void> {
    const startedAt = performance.now();
    const connecting = new AbortController();
    this.connecting = connecting;
    try {
      const upstream = await this.context.pool.connect(lease.backend, connecting.signal);
      this.connecting = undefined;
      if (this.isOver) return upstream.destroy();
      this.context.observer.upstreamConnected((performance.now() - startedAt) / 1000);
      this.send(upstream);
    } catch {
      if (this.isOver) return;
      this.tried.add(lease.backend.key);
      this.context.observer.upstreamUnreachable();
      this.context.router.suspect(lease.backend, performance.now());
      this.sendAgainOr(refusals.UNREACHABLE);
    }
  }

  private send(upstream: UpstreamConnection): void {
    const { head, identity, facts } = this.request;
    this.upstream = upstream;
    upstream.use(this);
    upstream.cork();
    this.hasByteLeft = true;
    const text = serializeRequest({
      method: head.method,
      target: head.target,
      host: head.host,
      fields: requestFields(head, identity, facts, this.context.region),
      framing: head.framing,
      expectsContinue: head.expectsContinue,
      isWebSocket: head.webSocketKey !== undefined,
    });
    upstream.write(text);
    this.client.pull();
    if (!upstream.uncork()) this.isUpstreamFull = true;
    this.watchUpstream();
  }

  // The request's body, from the client.

  take(chunk: Buffer, from: number): number {
    if (this.isOver) return chunk.length;
    const { upstream } = this;
    if (!upstream || this.isUpstreamFull) return from;
    upstream.cork();
    try {
      const to = this.requestBody.push(chunk, from, (payload) => this.sendPayload(upstream, payload));
      if (this.requestBody.done) writeEnd(upstream, this.request.head.framing);
      return to;
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.fail(refusals.badRequest(error.fault, error.status));
      return chunk.length;
    } finally {
      if (!upstream.uncork()) this.isUpstreamFull = true;
      this.watchUpstream();
    }
  }

  private sendPayload(upstream: UpstreamConnection, payload: Buffer): void {
    if (!writePayload(upstream, this.request.head.framing, payload)) this.isUpstreamFull = true;
  }

  upstreamDrained(): void {
    this.isUpstreamFull = false;
    this.client.pull();
    this.watchUpstream();
  }

  clientDrained(): void {
    this.isClientFull = false;
    this.upstream?.resume();
    this.watchUpstream();
  }

  clientEnded(): void {
    if (!this.requestBody.done) this.clientClosed();
  }

  clientClosed(): void {
    this.fault ??= 'client_closed';
    this.end();
    this.client.abort();
  }

  clientStalled(): void {
    if (this.isClientFull) this.clientClosed();
    else this.fail(refusals.REQUEST_TIMEOUT);
  }

  // The response, from the backend.

  upstreamData(chunk: Buffer): void {
    this.client.cork();
    try {
      this.takeResponse(chunk);
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.fail(refusals.BAD_RESPONSE);
    } finally {
      this.relay(this.client.uncork());
    }
    this.watchUpstream();
  }

  private takeResponse(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.isOver) {
      if (this.responseBody) {
        at = this.responseBody.push(chunk, at, this.relayPayload);
        if (this.responseBody.done) return this.complete(at < chunk.length);
        continue;
      }
      at = this.responseHeads.push(chunk, at);
      const text = this.responseHeads.take();
      if (text !== undefined && this.takeHead(parseResponseHead(text, this.request.head.method)) === 'tunnel')
        return this.openTunnel(chunk.subarray(at));
    }
    if (this.responseBody?.done) this.complete(false);
  }

  private takeHead(response: ResponseHead): 'tunnel' | 'interim' | 'final' {
    if (response.status === 101) return this.takeUpgrade(response);
    if (response.status < 200) return this.takeInterim(response);
    this.response = response;
    this.responseBody = decoderFor(response.framing);
    this.hasAnsweredEarly = !this.requestBody.done;
    this.clientFraming = framingFor(response.framing, this.request.head.minorVersion);
    this.isReusable =
      this.request.head.persistent &&
      !this.hasAnsweredEarly &&
      this.clientFraming.kind !== 'until-close' &&
      !this.context.isDraining();
    this.writeHead(response, this.isReusable ? 'keep-alive' : 'close');
    return 'final';
  }

  private takeInterim({ status, reason, fields }: ResponseHead): 'interim' {
    if (++this.interims > MAX_INTERIM) throw new HttpSyntaxError('bad_status_line');
    const isWanted =
      this.request.head.minorVersion === 1 && (status !== 100 || this.request.head.expectsContinue);
    if (isWanted) this.client.write(serializeInterim(status, reason, fields));
    return 'interim';
  }

  private takeUpgrade(response: ResponseHead): 'tunnel' {
    const key = this.request.head.webSocketKey;
    if (key === undefined || !acceptsWebSocket(response, key)) throw new HttpSyntaxError('unasked_upgrade');
    this.writeHead(response, 'websocket');
    return 'tunnel';
  }

  private writeHead(response: ResponseHead, connection: 'keep-alive' | 'close' | 'websocket'): void {
    const { identity } = this.request;
    this.status = response.status;
    const text = serializeResponse({
      status: response.status,
      reason: response.reason,
      fields: responseFields(response.fields, identity.requestId, this.entrance.hsts),
      framing: this.clientFraming,
      announcedLength: response.announcedLength,
      connection,
    });
    this.relay(this.client.write(text));
  }

  private readonly relayPayload = (payload: Buffer): void => {
    this.bytesOut += payload.length;
    this.relay(writePayload(this.client, this.clientFraming, payload));
  };

  private relay(hasRoom: boolean): void {
    if (hasRoom || this.isClientFull) return;
    this.isClientFull = true;
    this.upstream?.pause();
  }

  upstreamEnded(): void {
    if (this.response?.framing.kind === 'until-close') return this.complete(false);
    this.upstreamClosed();
  }

  upstreamClosed(): void {
    if (this.isOver) return;
    const hasAnswered = this.response !== undefined || this.responseHeads.started || this.interims > 0;
    if (hasAnswered) return this.fail(refusals.BROKEN_OFF);
    const isStale = this.upstream?.isReused ?? false;
    if (this.lease && !isStale) this.tried.add(this.lease.backend.key);
    this.sendAgainOr(refusals.BROKEN_OFF);
  }

  private sendAgainOr(refusal: Refusal): void {
    if (!mayResend(this.request.head, this.hasByteLeft)) return this.fail(refusal);
    this.upstream?.destroy();
    this.upstream = undefined;
    this.isUpstreamFull = false;
    this.lease?.release();
    if (this.attempts < MAX_ATTEMPTS) this.start();
    else this.waitOr(refusal);
  }

  /** A machine that has just started may be about to listen: the request waits for it, for a while. */
  private waitOr(refusal: Refusal): void {
    if (!this.hasTriedYoung()) return this.fail(refusal);
    this.wait ??= new Wait(this.context.waitingRoom, this.request.app);
    if (!this.wait.begin(() => this.startOver())) this.fail(refusals.NOT_LISTENING);
  }

  private hasTriedYoung(): boolean {
    const now = Date.now();
    return this.entrance.backends.some((backend) => this.tried.has(backend.key) && isYoung(backend, now));
  }

  /** By the routes as they are now: the machine may have become unhealthy, or another may have come. */
  private startOver(): void {
    const { hostname, facts } = this.request;
    this.entrance = this.context.find(hostname)?.[facts.entry] ?? NO_ENTRANCE;
    this.tried.clear();
    this.attempts = 0;
    this.start();
  }

  /** @param hasSurplus the backend sent more than its response: what it says next can't be trusted */
  private complete(hasSurplus: boolean): void {
    const { upstream, response, lease } = this;
    writeEnd(this.client, this.clientFraming);
    const isClean = response?.persistent === true && !hasSurplus && !this.hasAnsweredEarly;
    if (isClean && upstream && lease && !this.isUpstreamFull) {
      this.upstream = undefined;
      this.context.pool.release(lease.backend, upstream, response.keepAliveSeconds);
    }
    this.end();
    this.client.finished(this.isReusable);
  }

  /** Answers in the backend's place, or cuts the connection where the backend's answer had begun. */
  private fail(refusal: Refusal): void {
    if (this.isOver) return;
    this.fault = refusal.code;
    if (this.status !== 0) {
      this.end();
      return this.client.abort();
    }
    const isReusable = this.request.head.persistent && this.requestBody.done && !this.context.isDraining();
    this.status = refusal.status;
    this.bytesOut = writeRefusal(this.client, refusal, this.request, isReusable);
    this.end();
    this.client.finished(isReusable);
  }

  private openTunnel(rest: Buffer): void {
    const { upstream } = this;
    if (!upstream) return;
    this.upstream = undefined;
    this.deadline.dispose();
    const { deadlines, limits } = this.context;
    const tunnel = new Tunnel(this.client, upstream, deadlines, limits.tunnel, () => this.end());
    if (rest.length > 0) tunnel.upstreamData(rest);
    this.client.become(tunnel);
  }

  /** Time runs only while the backend is what is waited for. */
  private watchUpstream(): void {
    if (this.isOver || !this.upstream) return;
    const isAwaited = this.isUpstreamFull || (this.requestBody.done && !this.isClientFull);
    if (isAwaited) this.deadline.set(this.context.limits.upstream);
    else this.deadline.clear();
  }

  private end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.deadline.dispose();
    this.connecting?.abort();
    this.wait?.cancel();
    this.upstream?.destroy();
    this.lease?.release();
    const { identity, app, head } = this.request;
    this.context.observer.requestEnded({
      requestId: identity.requestId,
      trace: identity.trace,
      app,
      machine: this.machine,
      method: head.method,
      status: this.status,
      fault: this.fault,
      seconds: (performance.now() - this.startedAt) / 1000,
      bytesOut: this.bytesOut,
    });
  }
}

/** HTTP/1.0 knows no chunks; HTTP/1.1 needn't close to see a body's end. */
function framingFor(framing: BodyFraming, clientMinorVersion: 0 | 1): BodyFraming {
  const isOpenEnded = framing.kind === 'chunked' || framing.kind === 'until-close';
  if (!isOpenEnded) return framing;
  return clientMinorVersion === 1 ? CHUNKED : UNTIL_CLOSE;
}
