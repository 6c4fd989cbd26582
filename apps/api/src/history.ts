import { appAggregate } from '@bulkhead/domain';
import type { Journal } from '@bulkhead/journal';
import type { Upkept } from '@bulkhead/platform';

/** Apps as they were, from the journal. */
export const stateAt =
  (journal: Journal): NonNullable<Upkept['stateAt']> =>
  async (type, id, at) =>
    type === appAggregate.type ? journal.stateAt(appAggregate, id, at) : null;
