import type { Clock, Database, Journal, Random, Sealer } from '@bulkhead/journal';
import type { HostCalls } from './hosts/host-calls.js';

export const SCHEMA = 'scheduler';

/** Everything outside that handlers may use. */
export interface Scheduler {
  readonly clock: Clock;
  readonly random: Random;
  /** Machines, their names, hosts and quotas change here and nowhere else. */
  readonly journal: Pick<Journal, 'execute' | 'epoch'>;
  /** The scheduler's own tables. */
  readonly database: Database;
  readonly sealer: Sealer;
  /** What is asked of a host at once. */
  readonly hosts: HostCalls;
}
