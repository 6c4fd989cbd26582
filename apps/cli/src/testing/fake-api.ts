import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Received {
  method: string;
  url: string;
  body: unknown;
  key: string | undefined;
  authorization: string | undefined;
}
export type Answer = readonly [status: number, body: unknown];

/** An API that answers by a table of "METHOD path" and keeps what it was asked. */
export class FakeApi {
  readonly received: Received[] = [];
  readonly answers = new Map<string, Answer[]>();
  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeApi> {
    const server = createServer((request, response) => {
      void read(request).then((body) => {
        const { method = '', url = '' } = request;
        api.received.push({
          method,
          url,
          body,
          key: request.headers['idempotency-key'] as string | undefined,
          authorization: request.headers.authorization,
        });
        const queue = api.answers.get(`${method} ${url.split('?')[0]}`) ?? [];
        const [status, answer] = (queue.length > 1 ? queue.shift() : queue[0]) ?? [
          404,
          { error: 'app not found' },
        ];
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    const api: FakeApi = new FakeApi(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  answer(what: string, ...answers: Answer[]): void {
    this.answers.set(what, answers);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

async function read(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}
