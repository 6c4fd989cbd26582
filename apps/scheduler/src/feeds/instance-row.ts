import { isHealthy, type LivingMachine, type Service, type ServicePort } from '@bulkhead/domain';
import type { EdgeService, InstanceRow } from '@bulkhead/contracts';
import type { Sealer } from '@bulkhead/journal';
import type { Worker } from './worker.js';
import { openAddress } from './opened.js';

/** All that an edge's row is made of, but for how its host is reached. */
export const partsOfInstanceRow = (state: LivingMachine) => {
  const { machine, app, appName, organization, placement, instance, reach, cordoned, config } = state;
  const seen = { started: state.status === 'started', healthy: isHealthy(state), services: config.services };
  return { machine, app, appName, organization, placement, instance, reach, cordoned, ...seen };
};

/** What an edge needs to route to a machine, and nothing else of it. */
export async function instanceRowOf(
  sealer: Sealer,
  state: LivingMachine,
  { forward }: Worker,
): Promise<InstanceRow | null> {
  const { placement, reach } = state;
  const address = await openAddress(sealer, state);
  if (!placement || address === null) return null;
  return {
    machine: state.machine,
    app: state.app,
    appName: state.appName,
    organization: state.organization,
    generation: placement.generation,
    instance: state.instance,
    host: placement.host,
    region: placement.region,
    worker: forward,
    reach: reach?.kind === 'forward' ? { kind: 'forward', ports: reach.ports } : { kind: 'direct', address },
    started: state.status === 'started',
    cordoned: state.cordoned,
    healthy: isHealthy(state),
    services: (state.config.services ?? []).map(edgeServiceOf),
  };
}

/** The Machines API's own defaults (docs: services, concurrency). */
const DEFAULT_SOFT_LIMIT = 20;
const DEFAULT_HARD_LIMIT = 100_000;

function edgeServiceOf({ protocol, internal_port, ports = [], concurrency = {} }: Service): EdgeService {
  const hard = concurrency.hard_limit ?? DEFAULT_HARD_LIMIT;
  return {
    protocol,
    internal_port,
    ports: ports.map(edgePortOf),
    concurrency: {
      type: concurrency.type ?? 'connections',
      soft_limit: Math.min(concurrency.soft_limit ?? DEFAULT_SOFT_LIMIT, hard),
      hard_limit: hard,
    },
  };
}

function edgePortOf({ port, start_port, end_port, handlers = [], force_https = false }: ServicePort) {
  return {
    ...(port === undefined ? {} : { port }),
    ...(start_port === undefined ? {} : { start_port }),
    ...(end_port === undefined ? {} : { end_port }),
    handlers: [...handlers],
    force_https,
    hsts: force_https,
  };
}
