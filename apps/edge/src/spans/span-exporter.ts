import { RetryableError } from '@bulkhead/contracts/errors';
import type { Logger } from '@bulkhead/platform/logging';
import { otlpRequest } from './otlp.js';
import type { RequestSpan } from './request-span.js';
import { SpanBuffer } from './span-buffer.js';

const MAX_HELD = 8192;
const MAX_BATCH = 512;
const INTERVAL_MS = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;

/** Sends spans to a collector by OTLP over HTTP, in batches. One that can't be sent is dropped and counted: requests come first. */
export class SpanExporter {
  private readonly held = new SpanBuffer<RequestSpan>(MAX_HELD);
  private readonly url: string;
  private readonly timer: NodeJS.Timeout;
  private sending: Promise<void> | undefined;
  private lost = 0;
  private isFailing = false;

  constructor(
    endpoint: string,
    private readonly logger: Logger,
  ) {
    this.url = `${endpoint.replace(/\/$/, '')}/v1/traces`;
    this.timer = setInterval(() => void this.flush(), INTERVAL_MS);
    this.timer.unref();
  }

  /** How many spans were dropped. */
  get dropped(): number {
    return this.held.dropped + this.lost;
  }

  add(spans: readonly RequestSpan[]): void {
    for (const span of spans) this.held.add(span);
  }

  /** Sends what is held, once. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    await this.flush();
  }

  private flush(): Promise<void> {
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
    return this.sending;
  }

  private async sendAll(): Promise<void> {
    for (let batch = this.held.take(MAX_BATCH); batch.length > 0; batch = this.held.take(MAX_BATCH))
      await this.send(batch);
  }

  private async send(batch: readonly RequestSpan[]): Promise<void> {
    try {
      await post(this.url, otlpRequest(batch));
      this.isFailing = false;
    } catch (error) {
      this.lost += batch.length;
      if (!this.isFailing) this.logger.warn({ err: error }, 'spans are not taken by their collector');
      this.isFailing = true;
    }
  }
}

async function post(url: string, body: string): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok)
    throw new RetryableError('spans_refused', `The collector answered ${response.status}.`, INTERVAL_MS);
}
