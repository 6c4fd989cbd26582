import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { HeadCollector } from '../http1/head-collector.js';
import { parseRequestHead, type RequestHead } from '../http1/request-head.js';
import { HttpSyntaxError } from '../http1/syntax-error.js';
import { admit, type AdmissionRules } from '../proxy/admission.js';
import type { ConnectionFacts } from '../proxy/connection-facts.js';
import { badRequest, REQUEST_TIMEOUT, type Refusal } from '../proxy/refusal.js';
import { identify, type RequestIdentity } from '../proxy/request-fields.js';
import { newRequestId } from '../proxy/request-id.js';
import { GatheredWrites } from '../sockets/gathered-writes.js';
import type { ClientPort, Conversation } from './conversation.js';
import type { Deadline } from './deadlines.js';
import { Exchange, type ExchangeContext } from './exchange.js';
import { writeRedirect, writeRefusal } from './reply.js';
import { MAX_PIPELINED, MAX_REQUEST_HEAD } from './settings.js';

export interface ConnectionContext extends ExchangeContext {
  readonly rules: AdmissionRules;
}

/** Bytes that a connection being closed is still read for, so that the peer sees the answer and not a reset. */
const MAX_LINGERING = 256 * 1024;

/**
 * `head`: a request is arriving (or the first is awaited); `idle`: the next one is awaited; `busy`: one is being
 * served; `closing`: the last answer was given, what still comes is thrown away.
 */
type Phase = 'head' | 'idle' | 'busy' | 'closing';

/** One client's connection: cuts its bytes into requests and has them served one after the other. */
export class ClientConnection implements ClientPort {
  private readonly heads = new HeadCollector(MAX_REQUEST_HEAD, 1);
  private readonly out: GatheredWrites;
  private readonly deadline: Deadline;
  private phase: Phase = 'head';
  private conversation: Conversation | undefined;
  private inbound: Buffer | undefined;
  private offset = 0;
  private isPumping = false;
  private isFull = false;
  private hasEnded = false;
  private toldOfEnd: Conversation | undefined;
  private lingered = 0;

  /** @param onClose called once, when the socket is closed */
  constructor(
    private readonly socket: Socket,
    private readonly facts: ConnectionFacts,
    private readonly context: ConnectionContext,
    onClose: (connection: ClientConnection) => void,
  ) {
    this.out = new GatheredWrites(socket);
    this.deadline = context.deadlines.create(() => this.expire());
    this.deadline.set(context.limits.head);
    context.observer.connectionOpened();
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('drain', () => this.drained());
    socket.on('end', () => this.ended());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.deadline.dispose();
      context.observer.connectionClosed();
      this.conversation?.clientClosed();
      onClose(this);
    });
  }

  // What a conversation may do.

  write(data: Buffer | string): boolean {
    return this.noteRoom(this.out.write(data));
  }

  cork(): void {
    this.out.cork();
  }

  uncork(): boolean {
    return this.noteRoom(this.out.uncork());
  }

  end(): void {
    this.out.end();
  }

  pull(): void {
    this.pump();
  }

  finished(reusable: boolean): void {
    this.conversation = undefined;
    if (!reusable) return this.close();
    this.enter('idle', this.context.limits.idle);
    this.pump();
  }

  become(conversation: Conversation): void {
    this.conversation = conversation;
    this.pump();
  }

  abort(): void {
    if (this.socket instanceof TLSSocket) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  // What its owner may do.

  /** Lets it end: at once where nothing is asked within `graceMs`, else after the request that is being served. */
  drain(graceMs: number): void {
    if (this.phase === 'idle' || (this.phase === 'head' && !this.heads.started)) this.enter('idle', graceMs);
  }

  // What the socket says.

  private noteRoom(hasRoom: boolean): boolean {
    if (!hasRoom && !this.isFull) {
      this.isFull = true;
      this.deadline.set(this.context.limits.clientStall);
    }
    return hasRoom;
  }

  private receive(chunk: Buffer): void {
    if (this.phase === 'closing') {
      this.lingered += chunk.length;
      if (this.lingered > MAX_LINGERING) this.socket.destroy();
      return;
    }
    this.inbound = this.inbound ? Buffer.concat([this.inbound.subarray(this.offset), chunk]) : chunk;
    if (this.inbound !== chunk) this.offset = 0;
    this.pump();
  }

  private drained(): void {
    this.isFull = false;
    this.conversation?.clientDrained();
    this.watchClient();
  }

  private ended(): void {
    this.hasEnded = true;
    this.passOnEnd();
  }

  /** The client's end counts only once everything it said before has been taken. */
  private passOnEnd(): void {
    if (!this.hasEnded || this.inbound || this.phase === 'closing') return;
    const { conversation } = this;
    if (!conversation) return this.close();
    if (conversation === this.toldOfEnd) return;
    this.toldOfEnd = conversation;
    conversation.clientEnded();
  }

  private expire(): void {
    if (this.phase === 'busy') this.conversation?.clientStalled();
    else if (this.phase === 'head' && this.heads.started) this.refuse(REQUEST_TIMEOUT);
    else if (this.phase === 'closing') this.socket.destroy();
    else this.close();
  }

  /** Hands on what has arrived, as far as it is wanted now. */
  private pump(): void {
    if (this.isPumping) return;
    this.isPumping = true;
    this.cork();
    try {
      while (this.inbound && this.phase !== 'closing' && this.step(this.inbound)) {
        if (this.inbound && this.offset === this.inbound.length) this.inbound = undefined;
        if (!this.inbound) this.offset = 0;
      }
    } catch (error) {
      if (!(error instanceof HttpSyntaxError)) throw error;
      this.refuse(badRequest(error.fault, error.status));
    } finally {
      this.isPumping = false;
      this.uncork();
    }
    this.watchClient();
    this.passOnEnd();
  }

  /** False where the rest has to wait. */
  private step(inbound: Buffer): boolean {
    const from = this.offset;
    if (this.conversation?.hasWholeRequest) return false;
    if (this.conversation) {
      this.offset = this.conversation.take(inbound, from);
      return this.offset > from;
    }
    this.offset = this.heads.push(inbound, from);
    const text = this.heads.take();
    if (text !== undefined) this.serve(parseRequestHead(text));
    else if (this.phase === 'idle' && this.heads.started) this.enter('head', this.context.limits.head);
    return true;
  }

  private serve(head: RequestHead): void {
    this.enter('busy', undefined);
    const { facts, context } = this;
    const admission = admit(head, facts, context.rules);
    const identity = identify(head, facts, context);
    switch (admission.kind) {
      case 'serve': {
        const { app, hostname, entrance } = admission;
        const exchange = new Exchange(this, { head, identity, facts, app, hostname, entrance }, context);
        this.conversation = exchange;
        return exchange.start();
      }
      case 'redirect': {
        const reusable = this.isReusableAfter(head);
        writeRedirect(this, admission, identity.requestId, reusable);
        this.record(identity, head.method, admission.app, admission.status, undefined);
        return this.finished(reusable);
      }
      case 'refuse': {
        const { app, refusal } = admission;
        const reusable = refusal.status === 421 && this.isReusableAfter(head);
        writeRefusal(this, refusal, { head, identity }, reusable);
        this.record(identity, head.method, app, refusal.status, refusal.code);
        return this.finished(reusable);
      }
      case 'close':
        context.observer.refused('unknown_host');
        this.enter('closing', undefined);
        this.socket.destroy();
        return;
    }
  }

  private isReusableAfter(head: RequestHead): boolean {
    return head.persistent && head.framing.kind === 'none' && !this.context.isDraining();
  }

  private record(
    { requestId, trace }: RequestIdentity,
    method: string,
    app: string | undefined,
    status: number,
    fault: string | undefined,
  ): void {
    if (fault !== undefined) this.context.observer.refused(fault);
    if (app === undefined) return;
    this.context.observer.requestStarted();
    this.context.observer.requestEnded({
      requestId,
      trace,
      app,
      machine: undefined,
      method,
      status,
      fault,
      seconds: 0,
      bytesOut: 0,
    });
  }

  /** Answers what isn't a request, and closes. */
  private refuse(refusal: Refusal): void {
    this.context.observer.refused(refusal.code);
    writeRefusal(this, refusal, { identity: { requestId: newRequestId(this.context.region) } }, false);
    this.close();
  }

  private close(): void {
    this.inbound = undefined;
    this.enter('closing', this.context.limits.linger);
    this.out.end();
    this.socket.resume();
  }

  private enter(phase: Phase, limitMs: number | undefined): void {
    this.phase = phase;
    if (limitMs === undefined) this.deadline.clear();
    else this.deadline.set(limitMs);
  }

  /** Time runs while the client is what is waited for; a client that outruns its conversation isn't read. */
  private watchClient(): void {
    if (this.phase === 'closing') return;
    const { limits } = this.context;
    const { conversation } = this;
    const held = this.inbound ? this.inbound.length - this.offset : 0;
    if (held > (conversation?.hasWholeRequest ? MAX_PIPELINED : 0)) this.socket.pause();
    else this.socket.resume();
    if (!conversation) return;
    if (this.isFull) this.deadline.set(limits.clientStall);
    else if (!conversation.hasWholeRequest && held === 0) this.deadline.set(limits.body);
    else this.deadline.clear();
  }
}
