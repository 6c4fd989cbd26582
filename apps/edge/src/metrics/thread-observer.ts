import type { Logger } from '@bulkhead/platform/logging';
import type { Observer, RequestRecord } from '../server/observer.js';
import { spanOf, type RequestSpan } from '../spans/request-span.js';
import { SpanBuffer } from '../spans/span-buffer.js';
import { Histogram } from './histogram.js';
import type { RequestLog } from './request-log.js';
import type { MetricFamily, Samples } from './samples.js';

export const EDGE_METRICS: readonly MetricFamily[] = [
  { name: 'bulkhead_edge_requests_total', type: 'counter', help: 'Requests answered, by app and status.' },
  {
    name: 'bulkhead_edge_request_faults_total',
    type: 'counter',
    help: 'Requests that went wrong, by reason.',
  },
  {
    name: 'bulkhead_edge_refused_total',
    type: 'counter',
    help: 'What was refused before it was a request, by reason.',
  },
  {
    name: 'bulkhead_edge_upstream_connect_failures_total',
    type: 'counter',
    help: 'Attempts to reach a machine that failed.',
  },
  { name: 'bulkhead_edge_connections', type: 'gauge', help: 'Open connections of clients.' },
  {
    name: 'bulkhead_edge_requests_in_flight',
    type: 'gauge',
    help: 'Requests being served, tunnels included.',
  },
  {
    name: 'bulkhead_edge_spans_dropped_total',
    type: 'counter',
    help: 'Spans that found no room or no collector.',
  },
  {
    name: 'bulkhead_edge_request_seconds',
    type: 'histogram',
    help: 'From a request head to the end of its response.',
  },
  {
    name: 'bulkhead_edge_upstream_connect_seconds',
    type: 'histogram',
    help: 'How long connecting to a machine took.',
  },
];

/** Spans held between two hand-overs. */
const MAX_SPANS = 2048;

/** Counts and logs what one thread's data plane tells. */
export class ThreadObserver implements Observer {
  /** Of requests that are recorded, until they are handed over. */
  readonly spans = new SpanBuffer<RequestSpan>(MAX_SPANS);
  private readonly counters = new Map<string, number>();
  private readonly requestSeconds = new Histogram('bulkhead_edge_request_seconds');
  private readonly connectSeconds = new Histogram('bulkhead_edge_upstream_connect_seconds');
  private connections = 0;
  private inFlight = 0;

  /** @param requests where each request is logged, if it is */
  constructor(
    private readonly logger: Logger,
    private readonly requests: RequestLog | undefined,
  ) {}

  connectionOpened(): void {
    this.connections++;
  }

  connectionClosed(): void {
    this.connections--;
  }

  requestStarted(): void {
    this.inFlight++;
  }

  requestEnded(record: RequestRecord): void {
    this.inFlight--;
    this.count(`bulkhead_edge_requests_total{app="${record.app}",status="${record.status}"}`);
    if (record.fault !== undefined)
      this.count(`bulkhead_edge_request_faults_total{reason="${record.fault}"}`);
    this.requestSeconds.observe(record.seconds);
    this.requests?.write(record);
    if (record.trace.isRecorded) this.spans.add(spanOf(record, performance.timeOrigin + performance.now()));
  }

  upstreamConnected(seconds: number): void {
    this.connectSeconds.observe(seconds);
  }

  upstreamUnreachable(): void {
    this.count('bulkhead_edge_upstream_connect_failures_total');
  }

  refused(reason: string): void {
    this.count(`bulkhead_edge_refused_total{reason="${reason}"}`);
    this.logger.debug({ reason }, 'refused');
  }

  samples(): Samples {
    const samples = new Map(this.counters);
    samples.set('bulkhead_edge_spans_dropped_total', this.spans.dropped);
    samples.set('bulkhead_edge_connections', this.connections);
    samples.set('bulkhead_edge_requests_in_flight', this.inFlight);
    this.requestSeconds.addTo(samples);
    this.connectSeconds.addTo(samples);
    return samples;
  }

  private count(series: string): void {
    this.counters.set(series, (this.counters.get(series) ?? 0) + 1);
  }
}
