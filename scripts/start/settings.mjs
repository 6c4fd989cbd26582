import path from 'node:path';
import { Failure } from '../lib/failure.mjs';

/** Ports that people type; everything else takes a free one and keeps it. */
const DEFAULT_PORTS = { API: 4280, EDGE_HTTP: 8080, EDGE_HTTPS: 8443 };

/** Every port by name: each is set by `BULKHEAD_<NAME>_PORT`. */
export const PORT_NAMES = [
  ...Object.keys(DEFAULT_PORTS),
  'POSTGRES',
  'VAULT',
  'NATS',
  'NATS_METRICS',
  'WORKER_FORWARD',
  ...['VAULT', 'SCHEDULER', 'API', 'AUDIT', 'WORKER', 'EDGE'].map((service) => `${service}_METRICS`),
];

/**
 * What the environment says about this instance.
 * @param {string} root the clone
 * @param {NodeJS.ProcessEnv} environment
 */
export function readSettings(root, environment = process.env) {
  return {
    root,
    data: path.resolve(root, environment.BULKHEAD_DATA ?? '.bulkhead'),
    cache: environment.BULKHEAD_CACHE ? path.resolve(root, environment.BULKHEAD_CACHE) : null,
    domain: environment.BULKHEAD_DOMAIN ?? 'bulkhead.localhost',
    logLevel: environment.BULKHEAD_LOG_LEVEL ?? 'info',
    telemetry: environment.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    /** Further directories with OCI layouts that machines may name. */
    imageLayouts: (environment.BULKHEAD_IMAGE_LAYOUTS ?? '').split(':').filter(Boolean),
    /** Registries that are not public, as they are: separated by commas. */
    privateRegistries: environment.BULKHEAD_PRIVATE_REGISTRIES ?? '',
    insecureRegistries: environment.BULKHEAD_INSECURE_REGISTRIES ?? '',
    /** How much room images may take; the worker's default where it is not set. */
    imageCacheMb: environment.BULKHEAD_IMAGE_CACHE_MB ?? null,
    region: environment.BULKHEAD_REGION ?? 'local',
    /** Seconds of silence after which a host is lost; the scheduler's default where it is not set. */
    hostLostAfter: environment.BULKHEAD_HOST_LOST_AFTER ?? null,
    /** name → port, or null: any that is free */
    ports: Object.fromEntries(
      PORT_NAMES.map((name) => [
        name,
        readPort(`BULKHEAD_${name}_PORT`, environment) ?? DEFAULT_PORTS[name] ?? null,
      ]),
    ),
  };
}

function readPort(variable, environment) {
  const text = environment[variable];
  if (text === undefined || text === '') return null;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new Failure(
    `${variable} is ${JSON.stringify(text)}, which is no port.`,
    'Give a number from 1 to 65535.',
  );
}
