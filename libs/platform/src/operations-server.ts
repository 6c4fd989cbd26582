import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Health } from './health.js';

export interface OperationsServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Sources {
  readonly health: Health;
  readonly metricsText: () => Promise<string>;
}

/** The operator's side door of every service: `/healthz` (the process lives), `/readyz` (it can work), `/metrics`. */
export async function serveOperations(
  address: string,
  port: number,
  sources: Sources,
): Promise<OperationsServer> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response, sources);
  });
  server.listen(port, address);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => closed(server) };
}

async function answer(path: string, response: ServerResponse, sources: Sources): Promise<void> {
  try {
    if (path === '/healthz') return send(response, 200, 'application/json', '{"ok":true}');
    if (path === '/readyz') {
      const report = await sources.health.report();
      return send(response, report.ready ? 200 : 503, 'application/json', JSON.stringify(report));
    }
    if (path === '/metrics')
      return send(response, 200, 'text/plain; version=0.0.4', await sources.metricsText());
    send(response, 404, 'text/plain', 'only /healthz, /readyz and /metrics are here\n');
  } catch (error) {
    send(response, 500, 'text/plain', `${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type }).end(body);
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
