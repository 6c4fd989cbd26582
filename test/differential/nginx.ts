import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, Program } from './programs.js';
import { Proxy } from './proxy.js';
import { Recorder } from './recorder.js';
import { LANES } from './views.js';

/** nginx with connections to backends kept, and otherwise as it comes. */
export async function startNginx(directory: string): Promise<Proxy> {
  await mkdir(directory, { recursive: true });
  const recorders = await Promise.all(LANES.map(() => Recorder.start()));
  const ports = await freePorts(LANES.length);
  const lanes = recorders.map((recorder, lane) => ({ port: ports[lane] ?? 0, recorder }));
  const file = join(directory, 'nginx.conf');
  await writeFile(file, configuration(lanes.map(({ port, recorder }) => [port, recorder.port])));
  const program = Program.start('nginx', ['-p', directory, '-e', join(directory, 'error.log'), '-c', file]);
  await Promise.all(ports.map((port) => program.listens(port)));
  return new Proxy(program, lanes);
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

const configuration = (lanes: readonly (readonly [number, number])[]): string => `
daemon off;
master_process off;
pid nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  ${TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(' ')}
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_ignore_client_abort on;
${lanes.map(([, backend], lane) => `  upstream lane${lane} { server 127.0.0.1:${backend}; keepalive 8; }`).join('\n')}
${lanes.map(([port], lane) => `  server { listen 127.0.0.1:${port}; location / { proxy_pass http://lane${lane}; } }`).join('\n')}
}
`;
