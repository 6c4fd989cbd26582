import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  eventually,
  machineRow,
  onHead,
  RawClient,
  startRawBackend,
  type RawBackend,
} from '../testing/edge-fixture.js';
import { EdgeProcess } from '../testing/edge-process.js';

const HOST = 'hello.bulkhead.localhost';
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  kind: z.literal(2),
  startTimeUnixNano: z.string().regex(/^\d{19}$/),
  endTimeUnixNano: z.string().regex(/^\d{19}$/),
  attributes: z.array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) })),
});
const exported = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

let directory: string;
let machine: RawBackend;
let heads: string[];
let collector: Server;
let spans: z.infer<typeof span>[];
let edge: EdgeProcess;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edge-'));
  heads = [];
  spans = [];
  machine = await startRawBackend((socket) =>
    onHead(socket, (head) => {
      heads.push(head);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      expect(request.url).toBe('/v1/traces');
      const { resourceSpans } = exported.parse(JSON.parse(Buffer.concat(chunks).toString()));
      for (const { scopeSpans } of resourceSpans) spans.push(...scopeSpans.flatMap((scope) => scope.spans));
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  edge.signal('SIGKILL');
  await edge.exit();
  await machine.close();
  collector.closeAllConnections();
  await new Promise((resolve) => collector.close(resolve));
  await rm(directory, { recursive: true });
});

async function start(environment: Record<string, string>): Promise<number> {
  const rows = join(directory, 'rows.json');
  await writeFile(rows, JSON.stringify([machineRow({ port: machine.port })]));
  const { port } = collector.address() as AddressInfo;
  edge = EdgeProcess.start(directory, {
    BULKHEAD_EDGE_ROUTES_FILE: rows,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    ...environment,
  });
  await eventually(() => edge.lines.some(({ msg }) => msg === 'started'));
  const { http } = await edge.ports();
  return http;
}

/** Asks until the app answers: routes arrive when they arrive. */
async function ask(port: number, flags: '00' | '01'): Promise<string> {
  for (;;) {
    const client = await RawClient.http(port);
    const answer = await client
      .send(`GET /a?b HTTP/1.1\r\nHost: ${HOST}\r\ntraceparent: 00-${TRACE}-${CALLER}-${flags}\r\n\r\n`)
      .until('ok')
      .catch(() => undefined);
    client.close();
    if (answer !== undefined) return answer;
  }
}

test("a configured proxy's sampled request is one trace, from its span over the edge's to the machine", async () => {
  const port = await start({ BULKHEAD_EDGE_TRUSTED_PROXIES: '127.0.0.1', BULKHEAD_EDGE_TRACE_RATIO: '0' });
  const requestId = /Fly-Request-Id: (\S+)/.exec(await ask(port, '01'))?.[1];
  await eventually(() => spans.length > 0);
  const [made] = spans;
  expect(made).toMatchObject({ traceId: TRACE, parentSpanId: CALLER, name: 'GET hello' });
  expect(heads[0]).toContain(`traceparent: 00-${TRACE}-${made?.spanId}-01\r\n`);
  expect(made?.attributes).toContainEqual({ key: 'bulkhead.request_id', value: { stringValue: requestId } });
  expect(made?.attributes).toContainEqual({ key: 'http.response.status_code', value: { intValue: 200 } });
  expect(JSON.stringify(made)).not.toContain('/a?b');
});

test('a configured proxy that does not sample is heeded, whatever the ratio', async () => {
  const port = await start({ BULKHEAD_EDGE_TRUSTED_PROXIES: '127.0.0.1', BULKHEAD_EDGE_TRACE_RATIO: '1' });
  await ask(port, '00');
  edge.signal('SIGTERM');
  await edge.exit();
  expect(spans).toEqual([]);
});

test('a stranger can not make the edge record', async () => {
  const port = await start({ BULKHEAD_EDGE_TRACE_RATIO: '0' });
  await ask(port, '01');
  edge.signal('SIGTERM');
  await edge.exit();
  expect(heads[0]).toContain(`traceparent: 00-${TRACE}-`);
  expect(spans).toEqual([]);
});

test("strangers' requests are recorded by the ratio; what is held at a stop is sent", async () => {
  const port = await start({ BULKHEAD_EDGE_TRACE_RATIO: '1' });
  await ask(port, '00');
  edge.signal('SIGTERM');
  await edge.exit();
  expect(spans).toMatchObject([{ traceId: TRACE, parentSpanId: CALLER }]);
});

test('a collector that is away costs spans alone, and they are counted', async () => {
  const nobody = 'http://127.0.0.1:1';
  const port = await start({ BULKHEAD_EDGE_TRACE_RATIO: '1', OTEL_EXPORTER_OTLP_ENDPOINT: nobody });
  const { operations } = await edge.ports();
  const dropped = async () => {
    const text = await (await fetch(`http://127.0.0.1:${operations}/metrics`)).text();
    return Number(/^bulkhead_edge_spans_dropped_total (\d+)$/m.exec(text)?.[1]);
  };
  while ((await dropped()) === 0) await ask(port, '01');
  expect(await ask(port, '01')).toContain('200 OK');
});
