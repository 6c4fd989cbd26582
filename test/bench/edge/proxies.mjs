import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { findProgram } from '../../../scripts/setup/host-packages.mjs';
import { LOAD_CORE, PROXY_CORE } from './cores.mjs';

const DOMAIN = 'apps.localhost';
export const HOST = `hello.${DOMAIN}`;

const ROOT = path.resolve(import.meta.dirname, '../../..');
const program = (name) => () => findProgram(name) !== null;
export const BENCH_PACKAGES = [
  { name: 'nginx', use: "the edge's measure, and what it asks", isThere: program('nginx') },
  { name: 'haproxy', use: "the edge's measure", isThere: program('haproxy') },
  { name: 'caddy', use: "the edge's measure", isThere: program('caddy') },
];

/** Starts a program on one core; it is told to end by `stop`. */
function startOn(core, file, args, { directory, env = {} }) {
  mkdirSync(directory, { recursive: true });
  const log = openSync(path.join(directory, 'out.log'), 'a');
  const child = spawn('taskset', ['-c', String(core), file, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, ...env },
    stdio: ['ignore', log, log],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  return {
    pid: child.pid,
    stop: () => {
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), 5_000);
      return exited.then(() => clearTimeout(cut));
    },
  };
}

const BODY = 'x'.repeat(1024);

/** What all of them ask: 1 KiB, from memory. */
export async function startBackend(directory) {
  const port = await freePort();
  const file = write(directory, 'nginx.conf', [
    ...nginxCommon(directory),
    'http {',
    `  ${NGINX_PATHS}`,
    '  access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;',
    `  server { listen 127.0.0.1:${port} backlog=4096; location / { default_type text/plain; return 200 "${BODY}"; } }`,
    '}',
  ]);
  const child = startOn(LOAD_CORE, findProgram('nginx'), ['-p', directory, '-c', file], { directory });
  await listening(port);
  return { ...child, port };
}

/** Each does the same work: a route by host name, a bounded share of the machine, who asks told to it, a line a request. */
const PROXIES = { edge: startEdge, nginx: startNginx, haproxy: startHaproxy, caddy: startCaddy };

export async function startProxies(directory, backendPort, node, names = Object.keys(PROXIES)) {
  const pem = makeCertificate(directory);
  const proxies = [];
  for (const name of names) {
    const own = path.join(directory, name);
    mkdirSync(own, { recursive: true });
    const ports = { plain: await freePort(), tls: await freePort() };
    const child = await PROXIES[name]({ directory: own, ports, backendPort, pem, node });
    await listening(ports.plain);
    await listening(ports.tls);
    proxies.push({ name, ports, ...child });
  }
  return proxies;
}

function startEdge({ directory, ports, backendPort, node }) {
  const rows = write(directory, 'routes.json', [JSON.stringify([instanceRow(backendPort)])]);
  const main = path.join(ROOT, 'apps/edge/dist/main.js');
  return startOn(PROXY_CORE, node, ['--enable-source-maps', main], {
    directory,
    env: {
      NODE_ENV: 'production',
      BULKHEAD_SERVICE_DIR: directory,
      BULKHEAD_EDGE_ROUTES_FILE: rows,
      BULKHEAD_EDGE_DOMAIN: DOMAIN,
      BULKHEAD_EDGE_THREADS: '1',
      BULKHEAD_EDGE_HTTP_PORT: String(ports.plain),
      BULKHEAD_EDGE_HTTPS_PORT: String(ports.tls),
    },
  });
}

const ULID = '0'.repeat(26);

const instanceRow = (port) => ({
  machine: 'd8901234567890',
  app: `app_${ULID}`,
  appName: 'hello',
  organization: `org_${ULID}`,
  generation: { epoch: 1, count: 1 },
  instance: ULID,
  host: `host_${ULID}`,
  region: 'loc',
  worker: null,
  reach: { kind: 'forward', ports: { 8080: port } },
  started: true,
  cordoned: false,
  healthy: true,
  services: [
    {
      protocol: 'tcp',
      internal_port: 8080,
      ports: [
        { port: 80, handlers: ['http'], force_https: false, hsts: false },
        { port: 443, handlers: ['tls', 'http'], force_https: false, hsts: false },
      ],
      concurrency: { type: 'requests', soft_limit: 500, hard_limit: 1000 },
    },
  ],
});

const nginxCommon = (directory) => [
  'daemon off; worker_processes 1; worker_rlimit_nofile 16384;',
  `pid ${directory}/nginx.pid; error_log ${directory}/error.log warn;`,
  'events { worker_connections 8192; }',
];
const NGINX_PATHS =
  'client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;';

function startNginx({ directory, ports, backendPort, pem }) {
  const file = write(directory, 'nginx.conf', [
    ...nginxCommon(directory),
    'http {',
    `  ${NGINX_PATHS}`,
    `  log_format line escape=json '{"time":"$time_iso8601","requestId":"$request_id","host":"$host","method":"$request_method","status":$status,"seconds":$request_time,"bytesOut":$body_bytes_sent,"machine":"$upstream_addr"}';`,
    `  access_log ${directory}/access.log line buffer=8k flush=1s;`,
    '  keepalive_requests 1000000000; keepalive_timeout 1h;',
    `  upstream app { zone app 64k; server 127.0.0.1:${backendPort} max_conns=1000; keepalive 64; keepalive_requests 1000000000; }`,
    '  server { listen 127.0.0.1:' + ports.plain + ' default_server; return 444; }',
    '  server {',
    `    listen 127.0.0.1:${ports.plain} backlog=4096; listen 127.0.0.1:${ports.tls} ssl backlog=4096;`,
    `    server_name ${HOST}; ssl_certificate ${pem}; ssl_certificate_key ${pem}; ssl_protocols TLSv1.2 TLSv1.3;`,
    '    ssl_session_cache shared:s:1m;',
    '    location / {',
    '      proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection "";',
    '      proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;',
    '      proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Port $server_port;',
    '      proxy_set_header X-Request-Id $request_id; add_header X-Request-Id $request_id;',
    '    }',
    '  }',
    '}',
  ]);
  return startOn(PROXY_CORE, findProgram('nginx'), ['-p', directory, '-c', file], { directory });
}

function startHaproxy({ directory, ports, backendPort, pem }) {
  const file = write(directory, 'haproxy.cfg', [
    'global',
    '  nbthread 1',
    '  maxconn 8192',
    '  log stdout format raw local0',
    'defaults',
    '  mode http',
    '  log global',
    '  option httplog',
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout http-keep-alive 1h',
    'frontend all',
    `  bind 127.0.0.1:${ports.plain}`,
    `  bind 127.0.0.1:${ports.tls} ssl crt ${pem} ssl-min-ver TLSv1.2 alpn http/1.1`,
    '  unique-id-format %[uuid()]',
    '  unique-id-header X-Request-Id',
    '  http-request set-header X-Forwarded-For %[src]',
    '  http-request set-header X-Forwarded-Proto https if { ssl_fc }',
    '  http-request set-header X-Forwarded-Port %[dst_port]',
    '  http-response set-header X-Request-Id %[unique-id]',
    `  use_backend app if { hdr(host) -i ${HOST} }`,
    'backend app',
    `  server machine 127.0.0.1:${backendPort} maxconn 1000`,
  ]);
  return startOn(PROXY_CORE, findProgram('haproxy'), ['-db', '-f', file], { directory });
}

function startCaddy({ directory, ports, backendPort, pem }) {
  const site = [
    'log {',
    `  output file ${directory}/access.log`,
    '}',
    `reverse_proxy 127.0.0.1:${backendPort} {`,
    '  header_up X-Request-Id {http.request.uuid}',
    '  lb_policy least_conn',
    '}',
    'header X-Request-Id {http.request.uuid}',
  ];
  const file = write(directory, 'Caddyfile', [
    '{',
    '  admin off',
    '  auto_https off',
    '  servers {',
    '    protocols h1',
    '  }',
    '}',
    `http://${HOST}:${ports.plain} {`,
    '  bind 127.0.0.1',
    ...site,
    '}',
    `https://${HOST}:${ports.tls} {`,
    '  bind 127.0.0.1',
    `  tls ${pem} ${pem}`,
    ...site,
    '}',
  ]);
  return startOn(PROXY_CORE, findProgram('caddy'), ['run', '--adapter', 'caddyfile', '--config', file], {
    directory,
    env: { GOMAXPROCS: '1' },
  });
}

/** As the edge's own: ECDSA on P-256. */
function makeCertificate(directory) {
  mkdirSync(directory, { recursive: true });
  const [key, chain, both] = ['key', 'chain', 'both'].map((name) => path.join(directory, `${name}.pem`));
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`, '-keyout', key, '-out', chain],
    ],
    { stdio: 'ignore' },
  );
  writeFileSync(both, readFileSync(chain, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
  return both;
}

function write(directory, name, lines) {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, name);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

async function listening(port) {
  for (let tries = 0; tries < 300; tries++) {
    const isThere = await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(
    `nothing listens on port ${port} after 30 s: see the out.log files of the benchmark's directory`,
  );
}
