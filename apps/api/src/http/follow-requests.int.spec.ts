import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startTelemetry } from '@bulkhead/platform';
import { z } from 'zod';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const headers = { traceparent: `00-${TRACE}-${PARENT}-01` };

const span = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
});
const exported = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(span) })) })),
});

/** What a collector is to the exporter: it takes spans by OTLP over HTTP. */
class Collector {
  readonly spans: z.output<typeof span>[] = [];
  private readonly server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => {
      const sent = exported.parse(JSON.parse(Buffer.concat(chunks).toString()));
      for (const { scopeSpans } of sent.resourceSpans)
        for (const { spans } of scopeSpans) this.spans.push(...spans);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const collector = new Collector();
let telemetry: ReturnType<typeof startTelemetry>;
let platform: TestPlatform;
beforeAll(async () => {
  telemetry = startTelemetry('api', await collector.listen());
  platform = await startTestPlatform();
}, 60_000);
afterAll(async () => {
  await platform.stop();
  collector.close();
});

const logged = (requestId: string | null) =>
  platform.log.map((line) => JSON.parse(line)).filter((line) => line.requestId === requestId);

describe('a request', () => {
  it("goes on with its caller's trace, to its events and to the other services", async () => {
    const app = await platform.call('POST', '/v1/apps', {
      headers,
      body: { name: 'web', org_slug: 'personal' },
    });
    expect(app.status).toBe(201);
    expect(app.headers.get('fly-trace-id')).toBe(TRACE);
    expect(logged(app.headers.get('fly-request-id'))).toMatchObject([
      { msg: 'request', trace: TRACE, operation: 'POST /v1/apps', status: 201 },
    ]);
    const { json } = await platform.call('GET', '/api/v1/events?journal=api&type=AppCreated');
    expect(json.events).toMatchObject([{ trace: TRACE }]);

    const machine = await platform.call('POST', '/v1/apps/web/machines', {
      headers,
      body: { config: { image: 'nginx' } },
    });
    expect(machine.status).toBe(200);
  });

  it('begins a trace of its own where its caller names none, or nonsense', async () => {
    const traces = new Set<string | null>();
    for (const traceparent of [undefined, 'nonsense', `00-${'0'.repeat(32)}-${PARENT}-01`]) {
      const sent = traceparent === undefined ? {} : { headers: { traceparent } };
      traces.add((await platform.call('GET', '/v1/apps/web/machines', sent)).headers.get('fly-trace-id'));
    }
    expect([...traces]).toEqual(Array(3).fill(expect.stringMatching(/^(?!0{32})[0-9a-f]{32}$/)));
  });

  it('is followed where it fails before anything is done, too', async () => {
    const answer = await platform.call('POST', '/v1/apps', { headers, body: '{"broken' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('fly-trace-id')).toBe(TRACE);
    expect(logged(answer.headers.get('fly-request-id'))).toMatchObject([{ status: 400, trace: TRACE }]);
  });

  it('is counted by its route, and commands by their names', async () => {
    const text = await telemetry.metricsText();
    expect(text).toMatch(
      /bulkhead_api_request_seconds_count\{[^}]*operation="POST \/v1\/apps\/:app_name\/machines"[^}]*status="200"[^}]*\} 1/,
    );
    expect(text).toMatch(
      /bulkhead_command_seconds_count\{[^}]*command="create-machine"[^}]*outcome="ok"[^}]*\} 1/,
    );
    expect(text).toMatch(/bulkhead_relay_position\{[^}]*service="api"[^}]*\} [1-9]/);
    expect(text).toMatch(/bulkhead_projection_parked\{[^}]*projection="api-tenants"[^}]*\} 0/);
  });

  it('leaves spans of which each is the child of the one before', async () => {
    await telemetry.stop();
    const named = (name: string) => collector.spans.filter((each) => each.name === name);
    const [posted] = named('POST /v1/apps/:app_name/machines');
    const [sent] = named('command scheduler.create-machine');
    const [handled] = named('handle scheduler.create-machine');
    expect(posted).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(sent).toMatchObject({ traceId: TRACE, parentSpanId: posted?.spanId });
    expect(handled).toMatchObject({ traceId: TRACE, parentSpanId: sent?.spanId });
  });
});
