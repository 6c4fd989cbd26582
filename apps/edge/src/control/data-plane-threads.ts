import { Worker } from 'node:worker_threads';
import type { Logger } from '@bulkhead/platform/logging';
import { SharedLimits, type SharedLimitsMemory } from '../limits/shared-limits.js';
import { mergeSamples, type Samples } from '../metrics/samples.js';
import type { RouteUpdate } from '../routing/route-table.js';
import type { Entry } from '../routing/routes.js';
import type { DataPlaneSettings } from '../server/data-plane.js';
import type { RequestSpan } from '../spans/request-span.js';
import type { CertificateSource } from '../tls/certificate-source.js';
import type { InternalIdentity } from '../upstream/worker-dialer.js';
import type { CertificateAnswer, FromThread, ThreadStart, ToThread } from './thread-messages.js';

export interface ThreadsOptions {
  readonly threads: number;
  readonly memory: SharedLimitsMemory;
  readonly settings: DataPlaneSettings;
  readonly certificates: CertificateSource;
  /** Every route there is, for a thread that starts. */
  readonly routes: () => readonly RouteUpdate[];
  /** Takes the spans that threads hand over. */
  readonly takeSpans: (spans: readonly RequestSpan[]) => void;
  readonly logLevel: string;
  readonly logger: Logger;
}

/** Three semi-spaces of 32 MiB: short-lived garbage of requests dies young, which saves a tenth of the CPU. */
const YOUNG_GENERATION_MB = 96;
const RESTART_MS = 500;
const SAMPLES_MS = 2_000;

/** The threads of the data plane: one per core, all on the same ports, each started again where it dies. */
export class DataPlaneThreads {
  private readonly workers = new Map<number, Worker>();
  private readonly samplesWanted = new Map<number, (samples: Samples) => void>();
  private questions = 0;
  private ports: Readonly<Record<Entry, number>>;
  private identity: InternalIdentity | undefined;
  private isStopping = false;

  constructor(private readonly options: ThreadsOptions) {
    this.ports = options.settings.ports;
  }

  /** Starts all threads; resolves with the ports they listen on. Rejects where a port can't be taken. */
  async start(): Promise<Readonly<Record<Entry, number>>> {
    for (let thread = 0; thread < this.options.threads; thread++) this.ports = await this.startThread(thread);
    return this.ports;
  }

  updateRoutes(updates: readonly RouteUpdate[]): void {
    if (updates.length > 0) this.tellAll({ kind: 'routes', updates });
  }

  /** What the edge proves itself with to workers, from now on. */
  updateIdentity(identity: InternalIdentity): void {
    this.identity = identity;
    this.tellAll({ kind: 'identity', identity });
  }

  /** The sum over all threads that answer in time. */
  async samples(): Promise<Samples> {
    return mergeSamples(
      await Promise.all([...this.workers.values()].map((worker) => this.samplesOf(worker))),
    );
  }

  /** Resolves when every thread has served what it had begun, or was cut off after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.isStopping = true;
    const exits = [...this.workers.values()].map((worker) => exited(worker));
    this.tellAll({ kind: 'drain', timeoutMs });
    await Promise.all(exits);
  }

  private startThread(thread: number): Promise<Readonly<Record<Entry, number>>> {
    const { memory, settings, routes, logLevel } = this.options;
    const start: ThreadStart = {
      thread,
      memory,
      settings: { ...settings, ports: this.ports },
      routes: routes(),
      identity: this.identity,
      logLevel,
    };
    const worker = new Worker(new URL('../thread.js', import.meta.url), {
      workerData: start,
      name: `edge-${thread}`,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.workers.set(thread, worker);
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromThread) => {
        if (message.kind === 'listening') resolve(message.ports);
        else this.handle(worker, message);
      });
      worker.on('error', (error) => {
        this.options.logger.error({ err: error, thread }, 'a thread of the data plane failed');
        reject(error);
      });
      worker.on('exit', () => this.afterExit(thread));
    });
  }

  /** What the thread had in flight is gone with it, and must not count any more. */
  private afterExit(thread: number): void {
    this.workers.delete(thread);
    new SharedLimits(this.options.memory, thread).forget(thread);
    if (this.isStopping) return;
    setTimeout(() => {
      if (this.isStopping) return;
      this.startThread(thread).catch((error: unknown) =>
        this.options.logger.error({ err: error, thread }, 'the thread did not start; trying again'),
      );
    }, RESTART_MS);
  }

  private handle(worker: Worker, message: Exclude<FromThread, { kind: 'listening' }>): void {
    switch (message.kind) {
      case 'certificate-wanted':
        void this.answerCertificate(worker, message.question, message.hostname);
        return;
      case 'samples':
        this.samplesWanted.get(message.question)?.(message.samples);
        return;
      case 'spans':
        this.options.takeSpans(message.spans);
        return;
      case 'drained':
        return;
    }
  }

  private async answerCertificate(worker: Worker, question: number, hostname: string): Promise<void> {
    const answer = await this.findCertificate(hostname);
    worker.postMessage({ kind: 'certificate', question, answer } satisfies ToThread);
  }

  private async findCertificate(hostname: string): Promise<CertificateAnswer> {
    try {
      const certificate = await this.options.certificates.certificateFor(hostname);
      return certificate ? { kind: 'found', certificate } : { kind: 'none' };
    } catch (error) {
      this.options.logger.error({ err: error, hostname }, 'no certificate could be had');
      return { kind: 'failed', message: `No certificate for ${hostname} could be had; see the edge's log.` };
    }
  }

  private samplesOf(worker: Worker): Promise<Samples> {
    const question = this.questions++;
    return new Promise((resolve) => {
      const settle = (samples: Samples) => {
        clearTimeout(timer);
        this.samplesWanted.delete(question);
        resolve(samples);
      };
      const timer = setTimeout(() => settle(new Map()), SAMPLES_MS);
      this.samplesWanted.set(question, settle);
      worker.postMessage({ kind: 'samples-wanted', question } satisfies ToThread);
    });
  }

  private tellAll(message: ToThread): void {
    for (const worker of this.workers.values()) worker.postMessage(message);
  }
}

const exited = (worker: Worker): Promise<void> =>
  new Promise((resolve) => worker.once('exit', () => resolve()));
