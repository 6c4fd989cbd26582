import { pagesHandler, serveCommands, type Bus, type RelayStore } from '@bulkhead/journal';
import type { Logger } from '@bulkhead/platform';

/** What the api answers on the bus needs no user's credential: which services may ask is all there is to say. */
type Access = 'callers alone';

/** Answers other services: the pages of this journal, for readers that the stream can't serve. */
export function serveOnBus(bus: Bus, store: RelayStore, logger: Logger) {
  const served = serveCommands<Access, null>({
    bus,
    service: 'api',
    handlers: { pages: pagesHandler(store, 'callers alone', ['scheduler', 'audit', 'vault']) },
    clear: () => null,
    report: (error, command) => logger.error({ err: error, ...command }, 'a command failed'),
  });
  return {
    async close(): Promise<void> {
      served.close();
      await served.drained();
    },
  };
}
