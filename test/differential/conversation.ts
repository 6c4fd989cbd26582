import { connect } from 'node:net';

/** What a client heard on a connection, and how that ended. */
export interface Heard {
  /** latin1 */
  readonly text: string;
  /** `stuck`: neither side said anything more for too long, which no participant's settings should allow. */
  readonly end: 'closed' | 'reset' | 'stuck';
}

export type HangsUp = 'at once' | 'when quiet' | 'never';

const QUIET_MS = 500;
/** Far beyond what anything here waits for. */
const STUCK_AFTER_MS = 20_000;

/**
 * Says `text` on a connection of its own and listens until the other side closes it.
 * @param hangsUp when it says that this was all, as a client may that still listens: at once, once the other side is
 *   quiet, or never
 */
export function converse(port: number, text: string, hangsUp: HangsUp): Promise<Heard> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const pieces: Buffer[] = [];
    let end: Heard['end'] | undefined;
    const timer = setTimeout(() => finish('stuck'), STUCK_AFTER_MS);
    const finish = (how: Heard['end']) => {
      end ??= how;
      socket.destroy();
    };
    if (hangsUp === 'when quiet') socket.setTimeout(QUIET_MS, () => socket.end());
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('end', () => finish('closed'));
    socket.on('error', () => finish('reset'));
    socket.on('close', () => {
      clearTimeout(timer);
      resolve({ text: Buffer.concat(pieces).toString('latin1'), end: end ?? 'closed' });
    });
    const bytes = Buffer.from(text, 'latin1');
    if (hangsUp === 'at once') socket.end(bytes);
    else socket.write(bytes);
  });
}
