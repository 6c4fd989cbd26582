import type { Socket } from 'node:net';
import type { ByteSink } from '../http1/body-encoder.js';

/** A piece of payload up to this size, in bytes, is cheaper copied next to what surrounds it than written on its own. */
const COPIED = 4096;

/**
 * What is written to a socket. Between `cork` and `uncork` it is gathered, so that a head and its small body leave as one string
 * in one system call; a large piece is handed on as it is.
 */
export class GatheredWrites implements ByteSink {
  private corks = 0;
  private text = '';
  private hasLarge = false;

  constructor(private readonly socket: Socket) {}

  write(data: Buffer | string): boolean {
    if (this.corks === 0) return this.socket.write(data, 'latin1');
    if (typeof data === 'string') this.text += data;
    else if (data.length <= COPIED) this.text += data.toString('latin1');
    else this.writeLarge(data);
    return !this.socket.writableNeedDrain;
  }

  cork(): void {
    this.corks++;
  }

  /** Sends what was gathered, at the outermost of nested corks; false asks to wait for room. */
  uncork(): boolean {
    if (--this.corks === 0) this.flush();
    return !this.socket.writableNeedDrain;
  }

  /** Nothing more will be written. */
  end(): void {
    this.flush();
    this.socket.end();
  }

  private writeLarge(data: Buffer): void {
    if (!this.hasLarge) this.socket.cork();
    this.hasLarge = true;
    this.flushText();
    this.socket.write(data);
  }

  private flush(): void {
    this.flushText();
    if (this.hasLarge) this.socket.uncork();
    this.hasLarge = false;
  }

  private flushText(): void {
    const { text } = this;
    this.text = '';
    if (text !== '' && !this.socket.destroyed) this.socket.write(text, 'latin1');
  }
}
