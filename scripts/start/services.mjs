import { readFileSync } from 'node:fs';
import path from 'node:path';
import { answers } from '../lib/http.mjs';
import { hostdSocket } from './hostd.mjs';
import { endUnjailedMachines } from './unjailed-machines.mjs';

const LOOPBACK = '127.0.0.1';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export const JOINING = ['scheduler', 'audit', 'api', 'worker', 'edge'];

/** The root that browsers and curl are told to trust; another one than the internal CA. */
export const developmentCaFile = (layout) => path.join(layout.service('edge'), 'development-ca.pem');

const base = { PATH, LANG: 'C.UTF-8', NODE_ENV: 'production' };

export const localBus = ({ layout, ports }) => ({
  address: LOOPBACK,
  port: ports.NATS,
  hostNames: ['localhost'],
  directory: path.join(layout.init, 'nats'),
  store: path.join(layout.service('nats'), 'jetstream'),
});

export const initEnvironment = ({ layout, postgres, bus }) => ({
  ...base,
  BULKHEAD_SERVICE_DIR: layout.service('vault'),
  BULKHEAD_PG: postgres.url('vault'),
  BULKHEAD_INIT_DIR: layout.init,
  BULKHEAD_INIT_JOIN: JOINING.join(','),
  BULKHEAD_NATS_DIR: bus.directory,
  BULKHEAD_NATS_STORE: bus.store,
  BULKHEAD_NATS_ADDRESS: bus.address,
  BULKHEAD_NATS_PORT: String(bus.port),
  BULKHEAD_NATS_HOSTNAMES: bus.hostNames.join(','),
});

/** The api looks at images and the worker pulls them, from the same places. */
const imageSources = ({ settings, layout }) => ({
  BULKHEAD_IMAGE_LAYOUTS: [layout.images, ...settings.imageLayouts].join(':'),
  BULKHEAD_PRIVATE_REGISTRIES: settings.privateRegistries,
  BULKHEAD_INSECURE_REGISTRIES: settings.insecureRegistries,
});

const OWN = {
  vault: ({ ports, postgres }) => ({
    BULKHEAD_PG: postgres.url('vault'),
    BULKHEAD_VAULT_ADDRESS: LOOPBACK,
    BULKHEAD_VAULT_PORT: ports.VAULT,
  }),
  scheduler: ({ settings, postgres }) => ({
    BULKHEAD_PG: postgres.url('scheduler'),
    ...(settings.hostLostAfter ? { BULKHEAD_HOST_LOST_AFTER: settings.hostLostAfter } : {}),
  }),
  audit: ({ postgres }) => ({ BULKHEAD_PG: postgres.url('audit') }),
  api: ({ settings, layout, ports, postgres }) => ({
    BULKHEAD_PG: postgres.url('api'),
    BULKHEAD_API_ADDRESS: LOOPBACK,
    BULKHEAD_API_PORT: ports.API,
    ...imageSources({ settings, layout }),
    BULKHEAD_EDGE_DOMAIN: settings.domain,
    BULKHEAD_ADMIN_TOKEN_SHA256: readFileSync(path.join(layout.init, 'admin-token.sha256'), 'utf8').trim(),
  }),
  worker: ({ settings, layout, ports, hasHelper }) => ({
    BULKHEAD_GUEST_DIR: layout.guest,
    ...imageSources({ settings, layout }),
    ...(settings.imageCacheMb ? { BULKHEAD_IMAGE_CACHE_MB: settings.imageCacheMb } : {}),
    ...(hasHelper ? { BULKHEAD_HOSTD_SOCKET: hostdSocket(layout) } : {}),
    BULKHEAD_REGION: settings.region,
    BULKHEAD_FORWARD_ADDRESS: LOOPBACK,
    BULKHEAD_FORWARD_PORT: ports.WORKER_FORWARD,
  }),
  edge: ({ settings, layout, ports }) => ({
    BULKHEAD_EDGE_ADDRESS: LOOPBACK,
    BULKHEAD_EDGE_HTTP_PORT: ports.EDGE_HTTP,
    BULKHEAD_EDGE_HTTPS_PORT: ports.EDGE_HTTPS,
    BULKHEAD_EDGE_DOMAIN: settings.domain,
    BULKHEAD_EDGE_REGION: settings.region,
    BULKHEAD_EDGE_HOST: enrolledHost(layout),
  }),
};

function serviceEnvironment(name, instance) {
  const { settings, layout, ports } = instance;
  const environment = {
    ...base,
    TMPDIR: layout.service(name),
    BULKHEAD_SERVICE_DIR: layout.service(name),
    BULKHEAD_LOG_LEVEL: settings.logLevel,
    BULKHEAD_METRICS_PORT: ports[`${name.toUpperCase()}_METRICS`],
    BULKHEAD_VAULT_URL: `https://${LOOPBACK}:${ports.VAULT}`,
    BULKHEAD_NATS_URL: `tls://${LOOPBACK}:${ports.NATS}`,
    ...(settings.telemetry ? { OTEL_EXPORTER_OTLP_ENDPOINT: settings.telemetry } : {}),
    ...OWN[name](instance),
  };
  return Object.fromEntries(
    Object.entries(environment).map(([variable, value]) => [variable, String(value)]),
  );
}

function serviceChild(name, instance) {
  const { layout, ports, accounts, code, tools } = instance;
  return {
    name,
    file: tools.node,
    args: ['--enable-source-maps', path.join(code, `apps/${name}/dist/main.js`)],
    env: serviceEnvironment(name, instance),
    cwd: layout.service(name),
    account: accounts[name],
    stopWithinMs: 25_000,
    ...(name === 'worker' ? { afterStop: () => endUnjailedMachines(layout.service('worker')) } : {}),
    ready: () => answers(`http://${LOOPBACK}:${ports[`${name.toUpperCase()}_METRICS`]}/readyz`),
  };
}

export const vaultChild = (instance) => ({
  ...serviceChild('vault', instance),
  ready: () => answers(`http://${LOOPBACK}:${instance.ports.VAULT_METRICS}/healthz`),
});

export const busChild = ({ layout, accounts, ports, tools }) => ({
  name: 'nats',
  file: tools.nats,
  args: [
    '-c',
    path.join(layout.init, 'nats/nats-server.conf'),
    '-m',
    String(ports.NATS_METRICS),
    '-a',
    LOOPBACK,
  ],
  env: base,
  cwd: layout.service('nats'),
  account: accounts.nats,
  // Without its streams: one that was damaged is made anew by its owner, which needs the server for it.
  ready: () => answers(`http://${LOOPBACK}:${ports.NATS_METRICS}/healthz?js-server-only=true`),
});

export const edgeChild = (instance) => serviceChild('edge', instance);

export const joiningChildren = (instance) =>
  JOINING.filter((name) => name !== 'edge').map((name) => serviceChild(name, instance));

const enrolledHost = (layout) =>
  JSON.parse(readFileSync(path.join(layout.service('worker'), 'identity.json'), 'utf8')).credential.name;
