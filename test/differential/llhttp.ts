import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { converse } from './conversation.js';
import { scriptFor } from './proxy.js';
import { readResponses, type FieldLine } from './reader.js';
import { Recorder } from './recorder.js';
import type { Answer } from './responses.js';
import {
  hostOf,
  LANES,
  withoutItsOwn,
  type Participant,
  type RequestView,
  type ResponseView,
  type SeenRequest,
} from './views.js';

/** llhttp as Node has it, strict: a server that reads requests, and a client that reads responses. */
export class Llhttp implements Participant {
  private constructor(
    private readonly servers: readonly ReadingServer[],
    private readonly recorders: readonly Recorder[],
  ) {}

  static async start(): Promise<Llhttp> {
    const servers = await Promise.all(LANES.map(() => ReadingServer.start()));
    return new Llhttp(servers, await Promise.all(LANES.map(() => Recorder.start())));
  }

  async requests(lane: number, text: string): Promise<RequestView> {
    const server = at(this.servers, lane);
    const heard = await converse(server.port, text, 'at once');
    const requests = server.take();
    const methods = [...requests.map(({ method }) => method), 'GET'];
    const { messages } = readResponses(heard.text, methods, heard.end === 'closed');
    const statuses = messages.map(({ startLine }) => Number(startLine[1])).filter((status) => status >= 200);
    return { requests, statuses, end: heard.end, refusal: undefined, heard: heard.text, recordings: [] };
  }

  async responses(lane: number, answer: Answer): Promise<ResponseView> {
    const recorder = at(this.recorders, lane);
    recorder.script = scriptFor(answer);
    const agent = new Agent();
    const asked = { agent, port: recorder.port, host: '127.0.0.1', headers: { host: hostOf(lane) } };
    const first = await ask(
      { ...asked, method: answer.method, path: '/first' },
      answer.method === 'POST' ? 'hi' : '',
    );
    agent.destroy();
    await recorder.take();
    return { ...first, next: 'unknown', end: 'closed', wire: undefined };
  }

  async stop(): Promise<void> {
    for (const server of this.servers) server.close();
    for (const recorder of this.recorders) recorder.close();
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (!item) throw new RangeError(`there is no lane ${index}`);
  return item;
}

const pairs = (raw: readonly string[]): FieldLine[] =>
  Array.from({ length: raw.length / 2 }, (_, at) => [
    (raw[2 * at] ?? '').toLowerCase(),
    raw[2 * at + 1] ?? '',
  ]);

/** Keeps the requests it could read to their ends. */
class ReadingServer {
  /** In the order in which they began; undefined until one has ended. */
  private requests: (SeenRequest | undefined)[] = [];

  private constructor(private readonly server: Server) {
    // A client that has said everything may still listen; the type doesn't know the property.
    Object.assign(server, { httpAllowHalfOpen: true });
    server.on('request', (incoming: IncomingMessage, response) => {
      const { requests } = this;
      const at = requests.push(undefined) - 1;
      // Node reads nothing behind a request to upgrade, even one that it doesn't follow.
      if (incoming.headers.upgrade !== undefined) response.setHeader('connection', 'close');
      buffer(incoming).then(
        (body) => {
          requests[at] = seenBy(incoming, body.toString('latin1'));
          response.end('ok');
        },
        () => response.destroy(),
      );
    });
  }

  static async start(): Promise<ReadingServer> {
    const server = createServer();
    const reading = new ReadingServer(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return reading;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  take(): readonly SeenRequest[] {
    const { requests } = this;
    this.requests = [];
    return requests.filter((request) => request !== undefined);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const seenBy = (
  { method = '', url = '', headers, rawHeaders }: IncomingMessage,
  body: string,
): SeenRequest => ({
  method,
  target: url,
  fields: withoutItsOwn(pairs(rawHeaders)),
  framing: headers['transfer-encoding'] ? 'chunked' : headers['content-length'] ? 'length' : 'none',
  body,
});

type Asked = Pick<ResponseView, 'interims' | 'response'>;

function ask(options: import('node:http').RequestOptions, body: string): Promise<Asked> {
  return new Promise((resolve) => {
    const interims: number[] = [];
    const asking = request(options);
    asking.on('information', ({ statusCode }) => interims.push(statusCode));
    asking.on('error', () => resolve({ interims, response: undefined }));
    asking.on('upgrade', (incoming, socket) => {
      socket.destroy();
      resolve({ interims, response: responseOf(incoming, '', true) });
    });
    asking.on('response', (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', () => undefined);
      incoming.on('close', () => {
        const body = Buffer.concat(pieces).toString('latin1');
        resolve({
          interims,
          response: responseOf(incoming, incoming.complete ? body : '', incoming.complete),
        });
      });
    });
    asking.end(body);
  });
}

const responseOf = (incoming: IncomingMessage, body: string, isComplete: boolean): Asked['response'] => ({
  status: incoming.statusCode ?? 0,
  fields: withoutItsOwn(pairs(incoming.rawHeaders)),
  framing: 'unknown',
  body,
  isComplete,
});
