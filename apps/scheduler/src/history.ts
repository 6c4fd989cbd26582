import { hostAggregate, machineAggregate } from '@bulkhead/domain';
import type { Journal } from '@bulkhead/journal';
import type { Upkept } from '@bulkhead/platform';

/** Machines and hosts as they were, from the journal. */
export const stateAt =
  (journal: Journal): NonNullable<Upkept['stateAt']> =>
  async (type, id, at) => {
    switch (type) {
      case machineAggregate.type:
        return journal.stateAt(machineAggregate, id, at);
      case hostAggregate.type:
        return journal.stateAt(hostAggregate, id, at);
      default:
        return null;
    }
  };
