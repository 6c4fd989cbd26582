import { pagesHandler, serveCommands, type Bus } from '@bulkhead/journal';
import { upkeepHandlers, type Logger, type Upkept } from '@bulkhead/platform';

/** What the api answers on the bus needs no user's credential: which services may ask is all there is to say. */
type Access = 'callers alone';

/** Answers the pages of this journal, for readers that the stream can't serve, and what the operator asks of this service. */
export function serveOnBus(bus: Bus, upkept: Upkept, logger: Logger) {
  const served = serveCommands<Access, null>({
    bus,
    service: 'api',
    handlers: {
      ...upkeepHandlers<Access, null>(upkept, () => 'callers alone'),
      pages: pagesHandler(upkept.store, 'callers alone', ['scheduler', 'audit', 'vault']),
    },
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
