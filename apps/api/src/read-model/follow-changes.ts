import { announceSubject, parseJson, touched } from '@bulkhead/contracts';
import type { Bus, Subscription } from '@bulkhead/journal';
import { z } from 'zod';
import type { Changes, JournalOfChange } from './changes.js';

const announcement = z.object({ touched: z.array(touched) });

/** Passes on what projections announce on the bus, whichever copy of the service ran them. */
export function followChanges(
  bus: Bus,
  changes: Changes,
  projections: Readonly<Record<JournalOfChange, string>>,
): Subscription {
  const follow = (journal: JournalOfChange) =>
    bus.subscribe(announceSubject(projections[journal]), ({ data }) => {
      const heard = announcement.safeParse(parseJson(data));
      if (heard.success)
        changes.announce(
          journal,
          heard.data.touched.map(({ aggregate: { type, id } }) => `${type}/${id}`),
        );
    });
  const subscriptions = [follow('api'), follow('scheduler')];
  return { close: () => subscriptions.forEach((subscription) => subscription.close()) };
}
