import { answers } from '../lib/http.mjs';

const LOOPBACK = '127.0.0.1';

export const SERVICES = ['vault', 'scheduler', 'audit', 'api', 'worker', 'edge'];

export function serviceEnvironment(name, { settings, layout, ports, postgres, tools }) {
  const common = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    TMPDIR: layout.service(name),
    NODE_ENV: 'production',
    BULKHEAD_SERVICE_DIR: layout.service(name),
    BULKHEAD_LOG_LEVEL: settings.logLevel,
    BULKHEAD_METRICS_PORT: String(ports[`${name.toUpperCase()}_METRICS`]),
    BULKHEAD_VAULT_URL: `https://${LOOPBACK}:${ports.VAULT}`,
    BULKHEAD_NATS_URL: `tls://${LOOPBACK}:${ports.NATS}`,
    ...(settings.telemetry ? { OTEL_EXPORTER_OTLP_ENDPOINT: settings.telemetry } : {}),
  };
  const own = {
    vault: {
      BULKHEAD_PG: postgres.url('vault'),
      BULKHEAD_VAULT_ADDRESS: LOOPBACK,
      BULKHEAD_VAULT_PORT: String(ports.VAULT),
      BULKHEAD_NATS_PORT: String(ports.NATS),
      BULKHEAD_INIT_DIR: layout.init,
    },
    scheduler: { BULKHEAD_PG: postgres.url('scheduler') },
    audit: { BULKHEAD_PG: postgres.url('audit') },
    api: {
      BULKHEAD_PG: postgres.url('api'),
      BULKHEAD_API_ADDRESS: LOOPBACK,
      BULKHEAD_API_PORT: String(ports.API),
    },
    worker: {
      BULKHEAD_CACHE_DIR: layout.cache,
      BULKHEAD_REGION: settings.region,
      BULKHEAD_FORWARD_ADDRESS: LOOPBACK,
      BULKHEAD_FORWARD_PORT: String(ports.WORKER_FORWARD),
    },
    edge: {
      BULKHEAD_EDGE_ADDRESS: LOOPBACK,
      BULKHEAD_EDGE_HTTP_PORT: String(ports.EDGE_HTTP),
      BULKHEAD_EDGE_HTTPS_PORT: String(ports.EDGE_HTTPS),
      BULKHEAD_EDGE_DOMAIN: settings.domain,
    },
  };
  return { ...common, ...own[name] };
}

export function serviceChildren(instance) { return { vault: null, others: [] }; }
export function busChild() {}
