import type { Socket } from 'node:net';
import type { ByteSink } from '../http1/body-encoder.js';
import { GatheredWrites } from '../sockets/gathered-writes.js';

/** What a connection to a backend tells whoever uses it. */
export interface UpstreamUser {
  upstreamData(chunk: Buffer): void;
  upstreamDrained(): void;
  /** The backend has said all it will say. */
  upstreamEnded(): void;
  /** It is gone, with all it had not said yet. */
  upstreamClosed(): void;
}

/** A connection to a backend. Its listeners are attached once; its user changes. */
export class UpstreamConnection implements ByteSink {
  /** Whether it has carried a request before: the backend may be closing it right now. */
  isReused = false;
  private user: UpstreamUser | undefined;
  private readonly out: GatheredWrites;

  /** @param onIdleEvent called when an idle connection says or loses anything: it can't be used again */
  constructor(
    private readonly socket: Socket,
    private readonly onIdleEvent: (connection: UpstreamConnection) => void,
  ) {
    this.out = new GatheredWrites(socket);
    socket.on('data', (chunk: Buffer) => (this.user ? this.user.upstreamData(chunk) : this.discard()));
    socket.on('drain', () => this.user?.upstreamDrained());
    socket.on('end', () => (this.user ? this.user.upstreamEnded() : this.discard()));
    socket.on('close', () => (this.user ? this.user.upstreamClosed() : this.discard()));
    socket.on('error', () => socket.destroy());
    socket.resume();
  }

  use(user: UpstreamUser): void {
    this.user = user;
  }

  /** Leaves it to nobody: any event from now on makes it unusable. */
  leave(): void {
    this.user = undefined;
    this.isReused = true;
  }

  write(data: Buffer | string): boolean {
    return this.out.write(data);
  }

  /** What is written until `uncork` leaves together. */
  cork(): void {
    this.out.cork();
  }

  /** False asks to wait for room, as `write` does. */
  uncork(): boolean {
    return this.out.uncork();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Says that nothing more will be written; what the other side still says arrives. */
  end(): void {
    this.out.end();
  }

  destroy(): void {
    this.user = undefined;
    this.socket.destroy();
  }

  private discard(): void {
    this.onIdleEvent(this);
    this.socket.destroy();
  }
}
