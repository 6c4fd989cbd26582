import {
  hostAggregate,
  type HostCommand,
  type HostEvent,
  type HostId,
  type HostState,
} from '@bulkhead/domain';
import type { Command, Loaded, Outcome } from '@bulkhead/journal';
import { keepHost } from '../placement/tables.js';
import type { Scheduler } from '../scheduler.js';

/** Decides one thing about one host, and writes down how that leaves it. */
export const changeHost = (
  scheduler: Scheduler,
  command: Command,
  host: HostId,
  decide: HostCommand,
): Promise<Outcome<{ readonly ok: true }>> =>
  scheduler.journal.execute(command, async (decision) => {
    const loaded: Loaded<HostState, HostEvent> = await decision.load(hostAggregate, host);
    const events = hostAggregate.decide(decide, loaded.state);
    decision.append(loaded, events, 'platform');
    if (events.length > 0) await keepHost(decision, events.reduce(hostAggregate.evolve, loaded.state));
    return { ok: true };
  });
