import {
  ErrorCode,
  headers as natsHeaders,
  NatsError,
  type Msg,
  type MsgHdrs,
  type NatsConnection,
} from 'nats';
import { NoAnswer, NoResponders, type Bus, type BusMessage, type Headers } from '../ports/bus.js';

export function toNatsHeaders(headers: Headers): MsgHdrs {
  const made = natsHeaders();
  for (const [name, value] of Object.entries(headers)) made.set(name, value);
  return made;
}

export const fromNatsHeaders = (headers: MsgHdrs | undefined): Headers =>
  headers ? Object.fromEntries([...headers].map(([name, values]) => [name, values[0] ?? ''])) : {};

const toMessage = (message: Msg): BusMessage => ({
  subject: message.subject,
  data: message.data,
  headers: fromNatsHeaders(message.headers),
});

/** The bus over core NATS. Answers come below the connection's own inbox prefix. */
export function natsBus(connection: NatsConnection): Bus {
  return {
    publish(subject, data, headers = {}) {
      if (!connection.isClosed()) connection.publish(subject, data, { headers: toNatsHeaders(headers) });
    },
    async request(subject, data, { timeoutMs, headers = {} }) {
      try {
        return toMessage(
          await connection.request(subject, data, { timeout: timeoutMs, headers: toNatsHeaders(headers) }),
        );
      } catch (error) {
        throw translate(error, subject);
      }
    },
    subscribe(subject, onMessage, queue) {
      const subscription = connection.subscribe(subject, {
        ...(queue === undefined ? {} : { queue }),
        callback: (error, message) => {
          if (!error) onMessage(toMessage(message), (data) => void message.respond(data));
        },
      });
      return { close: () => subscription.unsubscribe() };
    },
  };
}

function translate(error: unknown, subject: string): unknown {
  if (!(error instanceof NatsError)) return error;
  if (error.code === ErrorCode.NoResponders)
    return new NoResponders(`nobody listens on ${subject}`, { cause: error });
  return new NoAnswer(`no answer on ${subject}: ${error.message}`, { cause: error });
}
