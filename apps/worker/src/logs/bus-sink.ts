import type { Bus } from '@bulkhead/journal';
import { Events, type NatsConnection } from 'nats';
import type { LogSink } from './log-shipper.js';

/** The bus as it is right now: while it is away nothing may pile up in its client. */
export function busSink(connection: NatsConnection, bus: Bus): LogSink {
  let connected = true;
  const watch = async () => {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) connected = false;
      if (type === Events.Reconnect) connected = true;
    }
  };
  void watch();
  return {
    get connected() {
      return connected && !connection.isClosed();
    },
    publish: (subject, batch) => bus.publish(subject, Buffer.from(JSON.stringify(batch))),
  };
}
