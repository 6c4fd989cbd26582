import { Events, type NatsConnection } from 'nats';

/** Says at any time whether the bus is there: silence of hosts counts only then. */
export function watchBus(connection: NatsConnection): () => boolean {
  let isUp = !connection.isClosed();
  const follow = async () => {
    for await (const { type } of connection.status()) {
      if (type === Events.Disconnect) isUp = false;
      if (type === Events.Reconnect) isUp = true;
    }
    isUp = false;
  };
  void follow();
  return () => isUp && !connection.isClosed();
}
