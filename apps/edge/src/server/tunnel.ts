import type { UpstreamConnection, UpstreamUser } from '../upstream/upstream-connection.js';
import type { ClientPort, Conversation } from './conversation.js';
import type { Deadline, Deadlines } from './deadlines.js';

/** How long the other direction of a tunnel may be quiet once one is closed, in ms. */
const HALF_CLOSED_MS = 30_000;

/** Bytes both ways after a 101, each direction closed on its own, until both are or nothing passes for too long. */
export class Tunnel implements Conversation, UpstreamUser {
  readonly hasWholeRequest = false;
  private readonly deadline: Deadline;
  private isUpstreamFull = false;
  private hasClientEnded = false;
  private hasUpstreamEnded = false;

  /** @param onClose called once or more when nothing passes any more */
  constructor(
    private readonly client: ClientPort,
    private readonly upstream: UpstreamConnection,
    deadlines: Deadlines,
    private readonly idleMs: number,
    private readonly onClose: () => void,
  ) {
    this.deadline = deadlines.create(() => this.cut());
    this.touch();
    upstream.use(this);
  }

  take(chunk: Buffer, from: number): number {
    if (this.isUpstreamFull) return from;
    this.touch();
    this.isUpstreamFull = !this.upstream.write(chunk.subarray(from));
    return chunk.length;
  }

  upstreamData(chunk: Buffer): void {
    this.touch();
    if (!this.client.write(chunk)) this.upstream.pause();
  }

  clientDrained(): void {
    this.upstream.resume();
  }

  upstreamDrained(): void {
    this.isUpstreamFull = false;
    this.client.pull();
  }

  clientEnded(): void {
    this.hasClientEnded = true;
    this.upstream.end();
    this.closeOrWait();
  }

  upstreamEnded(): void {
    this.hasUpstreamEnded = true;
    this.client.end();
    this.closeOrWait();
  }

  clientClosed(): void {
    this.cut();
  }

  clientStalled(): void {
    this.cut();
  }

  upstreamClosed(): void {
    if (!this.hasUpstreamEnded) return this.cut();
    this.release();
    this.client.finished(false);
  }

  private closeOrWait(): void {
    if (!this.hasClientEnded || !this.hasUpstreamEnded) return this.touch();
    this.release();
    this.client.finished(false);
  }

  private cut(): void {
    this.upstream.destroy();
    this.client.abort();
    this.release();
  }

  private touch(): void {
    this.deadline.set(this.hasClientEnded || this.hasUpstreamEnded ? HALF_CLOSED_MS : this.idleMs);
  }

  private release(): void {
    this.deadline.dispose();
    this.onClose();
  }
}
