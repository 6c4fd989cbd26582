import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';

export type { IncomingMessage, ServerResponse };

/** A server whose every answer a test decides. */
export class FakeServer {
  readonly requests: { readonly url: string; readonly headers: IncomingMessage['headers'] }[] = [];

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async start(listener: RequestListener, address = '127.0.0.1'): Promise<FakeServer> {
    const server = createServer().listen(0, address);
    await once(server, 'listening');
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('no port');
    const fake = new FakeServer(server, `${address}:${bound.port}`);
    server.on('request', (request, response) => {
      fake.requests.push({ url: request.url ?? '', headers: request.headers });
      listener(request, response);
    });
    return fake;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
