import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below what the kernel gives to outgoing connections (Linux: 32768 and up): nobody is handed it before its server listens. */
const [FIRST, BEYOND] = [20_000, 32_000];

/** A port of the loopback that is free now and stays so, for a server that must be told its port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, BEYOND);
    if (await canListen(port)) return port;
  }
}

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
