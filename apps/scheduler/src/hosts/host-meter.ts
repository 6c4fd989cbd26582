import { metrics, type BatchObservableResult } from '@opentelemetry/api';
import type { Database } from '@bulkhead/journal';
import { z } from 'zod';

const counted = z.object({ status: z.string(), cordoned: z.boolean(), hosts: z.number() });
const placed = z.object({ status: z.string(), machines: z.number() });

/** Tells `/metrics` of hosts and of the machines placed on them, until the function that is returned is called. */
export function measureHosts(database: Database, report: (error: unknown) => void): () => void {
  const meter = metrics.getMeter('bulkhead');
  const hosts = meter.createObservableGauge('bulkhead_scheduler_hosts', {
    description: 'Hosts by their status.',
  });
  const machines = meter.createObservableGauge('bulkhead_scheduler_machines', {
    description: 'Machines that have a place, by the status of their host.',
  });
  const observe = async (result: BatchObservableResult): Promise<void> => {
    try {
      for (const row of await database.query(HOSTS, [])) {
        const { hosts: count, ...labels } = counted.parse(row);
        result.observe(hosts, count, labels);
      }
      for (const row of await database.query(MACHINES, [])) {
        const { machines: count, status } = placed.parse(row);
        result.observe(machines, count, { host_status: status });
      }
    } catch (error) {
      report(error);
    }
  };
  meter.addBatchObservableCallback(observe, [hosts, machines]);
  return () => meter.removeBatchObservableCallback(observe, [hosts, machines]);
}

const HOSTS = 'select status, cordoned, count(*)::int as hosts from host group by status, cordoned';
const MACHINES = `
  select h.status, count(*)::int as machines from placement p join host h on h.id = p.host group by h.status`;
