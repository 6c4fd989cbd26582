import type { Socket } from 'node:net';
import type { Backend } from '../routing/routes.js';
import type { Dialer } from './dialer.js';
import { UpstreamConnection } from './upstream-connection.js';

export interface PoolSettings {
  readonly connectTimeoutMs: number;
  /** Below the five seconds after which Node's own server closes an idle connection. */
  readonly idleTimeoutMs: number;
  readonly maxIdlePerBackend: number;
}

/** How long before a backend's announced end an idle connection is given up, in ms. */
const KEEP_ALIVE_MARGIN_MS = 1000;

/** Connections of one thread to backends: dialled when needed, kept for a while when nothing about them is in doubt. */
export class Pool {
  private readonly idle = new Map<string, IdleConnection[]>();

  constructor(
    private readonly dialer: Dialer,
    private readonly settings: PoolSettings,
  ) {}

  /** The idle connection that was used last, if it is still good. */
  take({ key }: Backend): UpstreamConnection | undefined {
    const idle = this.idle.get(key);
    if (!idle) return undefined;
    const now = performance.now();
    let found = idle.pop();
    while (found && found.expiresAt <= now) {
      found.connection.destroy();
      found = idle.pop();
    }
    if (idle.length === 0) this.idle.delete(key);
    return found?.connection;
  }

  /** Dials a new connection. */
  async connect({ key, endpoint }: Backend, signal: AbortSignal): Promise<UpstreamConnection> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.settings.connectTimeoutMs)]);
    const socket: Socket = await this.dialer.dial(endpoint, deadline);
    return new UpstreamConnection(socket, (connection) => this.forget(key, connection));
  }

  /** Takes a connection back whose last response was read to its end. */
  release(
    { key, pooled }: Backend,
    connection: UpstreamConnection,
    keepAliveSeconds: number | undefined,
  ): void {
    const announcedMs =
      keepAliveSeconds === undefined ? Infinity : keepAliveSeconds * 1000 - KEEP_ALIVE_MARGIN_MS;
    const keptMs = Math.min(this.settings.idleTimeoutMs, announcedMs);
    const idle = this.idle.get(key) ?? [];
    if (!pooled || keptMs <= 0 || idle.length >= this.settings.maxIdlePerBackend) return connection.destroy();
    connection.leave();
    connection.resume();
    idle.push({ connection, expiresAt: performance.now() + keptMs });
    this.idle.set(key, idle);
  }

  /** Closes what has been idle for too long. */
  sweep(now: number): void {
    for (const [key, idle] of this.idle) {
      const good = idle.filter(({ expiresAt }) => expiresAt > now);
      for (const { connection, expiresAt } of idle) if (expiresAt <= now) connection.destroy();
      if (good.length > 0) this.idle.set(key, good);
      else this.idle.delete(key);
    }
  }

  close(): void {
    this.sweep(Infinity);
  }

  private forget(key: string, connection: UpstreamConnection): void {
    const left = this.idle.get(key)?.filter((idle) => idle.connection !== connection) ?? [];
    if (left.length > 0) this.idle.set(key, left);
    else this.idle.delete(key);
  }
}

interface IdleConnection {
  readonly connection: UpstreamConnection;
  readonly expiresAt: number;
}
