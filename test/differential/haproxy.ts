import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, Program } from './programs.js';
import { Proxy } from './proxy.js';
import { Recorder } from './recorder.js';
import { LANES } from './views.js';

/** HAProxy as it comes. */
export async function startHaproxy(directory: string): Promise<Proxy> {
  await mkdir(directory, { recursive: true });
  const recorders = await Promise.all(LANES.map(() => Recorder.start()));
  const ports = await freePorts(LANES.length);
  const lanes = recorders.map((recorder, lane) => ({ port: ports[lane] ?? 0, recorder }));
  const file = join(directory, 'haproxy.cfg');
  await writeFile(file, configuration(lanes.map(({ port, recorder }) => [port, recorder.port])));
  const program = Program.start('haproxy', ['-db', '-f', file]);
  await Promise.all(ports.map((port) => program.listens(port)));
  // It drops requests that wait for an answer before them once their client has hung up.
  return new Proxy(program, lanes, 'when quiet');
}

const configuration = (lanes: readonly (readonly [number, number])[]): string => `
global
  maxconn 2000
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 15s
  timeout server 15s
${lanes
  .map(
    ([port, backend], lane) =>
      `listen lane${lane}\n  bind 127.0.0.1:${port}\n  server backend 127.0.0.1:${backend}`,
  )
  .join('\n')}
`;
