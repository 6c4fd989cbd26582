import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { waitUntil } from '../../../scripts/lib/processes.mjs';

/**
 * A part of a trace.
 * @typedef {{ service: string, name: string, startMs: number, endMs: number }} Span times of the wall clock
 */

/** Takes services' traces (OTLP over HTTP, as JSON) and keeps them by their id. */
export class TraceCollector {
  /** @type {Map<string, Span[]>} */
  #traces = new Map();
  #server = createServer((request, response) => void this.#take(request, response));

  static async start() {
    const collector = new TraceCollector();
    collector.#server.listen(0, '127.0.0.1');
    await once(collector.#server, 'listening');
    return collector;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Waits until a trace has a span of each of these names; services send theirs some seconds late. */
  async trace(id, names, withinMs = 30_000) {
    const spans = () => this.#traces.get(id) ?? [];
    const missing = () => names.filter((name) => !spans().some((span) => span.name === name));
    if (await waitUntil(() => missing().length === 0, withinMs, 100)) return spans();
    throw new Error(`Trace ${id} has no span ${missing().join(', ')} after ${withinMs} ms.`);
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #take(request, response) {
    const { resourceSpans = [] } = await json(request);
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) this.#keep(service, span);
    }
    response.setHeader('content-type', 'application/json').end('{}');
  }

  #keep(service, { traceId, name, startTimeUnixNano, endTimeUnixNano }) {
    const span = { service, name, startMs: toMs(startTimeUnixNano), endMs: toMs(endTimeUnixNano) };
    this.#traces.set(traceId, [...(this.#traces.get(traceId) ?? []), span]);
  }
}

const toMs = (nanoseconds) => Number(BigInt(nanoseconds) / 1000n) / 1000;
