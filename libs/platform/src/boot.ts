import type { z } from 'zod';
import { baseEnvironment, readEnvironment, type BaseEnvironment } from './config.js';
import { Health } from './health.js';
import { createLogger, type Logger } from './logging.js';
import { serveOperations } from './operations-server.js';
import { requireNodeMajor } from './process-hardening.js';
import { startTelemetry } from './telemetry.js';

/** What every service has once it boots. */
export interface ServiceRuntime<Settings> {
  readonly name: string;
  readonly settings: Settings & BaseEnvironment;
  readonly logger: Logger;
  readonly health: Health;
  /** Aborted when the service is told to stop. */
  readonly stopping: AbortSignal;
  /** Registers what is to be closed at the end; closed in the reverse order of registration. */
  onStop(what: string, close: () => Promise<void> | void): void;
  /** Adds what this service counts outside of OpenTelemetry to `/metrics`, in Prometheus' text format. */
  addMetrics(text: () => Promise<string>): void;
  /** Something broke that the process can't go on without: it closes what it can and exits with 1. */
  fail(error: unknown): void;
}

/** After this the process ends even if something does not close. */
const STOP_DEADLINE_MS = 20_000;

/**
 * Runs one service: settings, logs, telemetry, health endpoints, then `start`; on SIGTERM or SIGINT everything registered is
 * closed in reverse order. Exits with 1 where the start fails.
 */
export async function bootService<Shape extends z.ZodRawShape>(
  name: string,
  schema: z.ZodObject<Shape>,
  start: (runtime: ServiceRuntime<z.infer<z.ZodObject<Shape>>>) => Promise<void>,
): Promise<void> {
  requireNodeMajor();
  const base = readEnvironment(name, baseEnvironment);
  const settings = { ...readEnvironment(name, schema), ...base };
  const logger = createLogger(name, base.BULKHEAD_LOG_LEVEL);
  const shutdown = new Shutdown(logger);
  process.once('SIGTERM', () => shutdown.begin(0));
  process.once('SIGINT', () => shutdown.begin(0));
  process.once('uncaughtException', (error) => shutdown.fail(error));
  process.once('unhandledRejection', (error) => shutdown.fail(error));

  const telemetry = startTelemetry(name, base.OTEL_EXPORTER_OTLP_ENDPOINT);
  shutdown.add('telemetry', () => telemetry.stop());
  const health = new Health();
  const metrics = [() => telemetry.metricsText()];
  let started = false;
  health.add('start', () => (started ? null : 'still starting'));
  const operations = await serveOperations(base.BULKHEAD_METRICS_ADDRESS, base.BULKHEAD_METRICS_PORT, {
    health,
    metricsText: async () => (await Promise.all(metrics.map((text) => text()))).join('\n'),
  });
  shutdown.add('operations server', () => operations.close());
  try {
    await start({
      name,
      settings,
      logger,
      health,
      stopping: shutdown.signal,
      onStop: (what, close) => shutdown.add(what, close),
      addMetrics: (text) => void metrics.push(text),
      fail: (error) => shutdown.fail(error),
    });
    started = true;
    logger.info({ operationsPort: operations.port }, 'started');
  } catch (error) {
    if (!shutdown.signal.aborted) shutdown.fail(error);
  }
}

class Shutdown {
  readonly #closers: { what: string; close: () => Promise<void> | void }[] = [];
  readonly #controller = new AbortController();
  constructor(private readonly logger: Logger) {}

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  add(what: string, close: () => Promise<void> | void): void {
    this.#closers.unshift({ what, close });
  }

  fail(error: unknown): void {
    this.logger.error({ err: error }, 'stopping after a failure');
    this.begin(1);
  }

  begin(exitCode: number): void {
    if (this.signal.aborted) return;
    this.#controller.abort(new Error('the service is stopping'));
    setTimeout(() => {
      this.logger.error('did not stop in time');
      process.exit(exitCode || 1);
    }, STOP_DEADLINE_MS).unref();
    void this.#closeAll().then(() => process.exit(exitCode));
  }

  async #closeAll(): Promise<void> {
    for (const { what, close } of this.#closers) {
      try {
        await close();
      } catch (error) {
        this.logger.warn({ err: error, what }, 'did not close cleanly');
      }
    }
    this.logger.info('stopped');
  }
}
