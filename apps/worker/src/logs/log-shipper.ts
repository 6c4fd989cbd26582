import { setTimeout as sleep } from 'node:timers/promises';
import { metrics } from '@opentelemetry/api';
import { logSubject, type HostMachineRow, type LogBatch, type LogLine } from '@bulkhead/contracts';
import type { HostId } from '@bulkhead/domain';
import type { LogLine as GuestLine } from '../runtime/runtime.js';
import { TokenBucket } from './token-bucket.js';

/** Where lines go; nothing is kept by it while it is away. */
export interface LogSink {
  readonly connected: boolean;
  publish(subject: string, batch: LogBatch): void;
}

/** A steady stream that a machine may log, and what it may run ahead by. */
const BYTES_PER_SECOND = 256 * 1024;
const BURST_BYTES = 1024 * 1024;
/** What waits for the bus per machine while it is away. */
const WAITING_BYTES = 256 * 1024;
const BATCH_BYTES = 128 * 1024;
/** What a line takes beside its text. */
const LINE_OVERHEAD = 160;

/**
 * Sends machines' output on. A machine that floods is held up by itself alone; while the bus is away a bounded tail waits, so that
 * no app blocks on its own logging because a control plane is down, and what was dropped is said.
 */
export class LogShipper {
  readonly #machines = new Map<string, MachineLog>();
  readonly #dropped = metrics.getMeter('bulkhead').createCounter('bulkhead_worker_log_lines_dropped_total', {
    description: "Lines of machines' output that gave way while the bus was away.",
  });

  constructor(
    private readonly host: HostId,
    private readonly sink: LogSink,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** Resolves when the machine may go on logging. */
  async ship(row: HostMachineRow, lines: readonly GuestLine[]): Promise<void> {
    const log = this.#logOf(row);
    const bytes = lines.reduce((sum, line) => sum + sizeOf(line.text), 0);
    const waitMs = log.bucket.take(bytes, this.now().getTime());
    for (const { stream, at, text, cut } of lines)
      log.add({
        at: Math.max(0, at.getTime()),
        machine: row.machine,
        instance: row.instance,
        region: row.region,
        stream,
        text,
        cut,
      });
    if (this.sink.connected) this.flush();
    else this.#dropped.add(log.trim());
    if (waitMs > 0) await sleep(waitMs);
  }

  /** Adds a line of the platform's own to a machine's output. */
  notice({ machine, instance, region, ...row }: HostMachineRow, text: string): void {
    const at = this.now().getTime();
    const line: LogLine = { at, machine, instance, region, stream: 'platform', text, cut: false };
    this.#logOf({ machine, instance, region, ...row }).add(line);
    this.flush();
  }

  /** Sends what waits, where the bus is there. */
  flush(): void {
    if (!this.sink.connected) return;
    for (const log of this.#machines.values())
      for (const batch of log.batches(this.now())) this.sink.publish(log.subject, batch);
  }

  forget(machine: string): void {
    this.#machines.delete(machine);
  }

  #logOf(row: HostMachineRow): MachineLog {
    const known = this.#machines.get(row.machine);
    if (known) return known;
    const subject = logSubject(this.host, row.organization, row.app);
    const log = new MachineLog(subject, new TokenBucket(BYTES_PER_SECOND, BURST_BYTES, this.now().getTime()));
    this.#machines.set(row.machine, log);
    return log;
  }
}

class MachineLog {
  #waiting: LogLine[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(
    readonly subject: string,
    readonly bucket: TokenBucket,
  ) {}

  add(line: LogLine): void {
    this.#waiting.push(line);
    this.#bytes += sizeOf(line.text);
  }

  /** Drops the oldest of what is too much to wait. @returns how many lines */
  trim(): number {
    const before = this.#dropped;
    while (this.#bytes > WAITING_BYTES && this.#waiting.length > 1) {
      this.#bytes -= sizeOf(this.#waiting.shift()?.text ?? '');
      this.#dropped += 1;
    }
    return this.#dropped - before;
  }

  batches(now: Date): LogBatch[] {
    const lines = [...this.#notice(now), ...this.#waiting];
    this.#waiting = [];
    this.#bytes = 0;
    this.#dropped = 0;
    const batches: LogLine[][] = [];
    let room = 0;
    for (const line of lines) {
      room -= sizeOf(line.text);
      if (room < 0 || (batches.at(-1)?.length ?? 500) >= 500) {
        batches.push([]);
        room = BATCH_BYTES - sizeOf(line.text);
      }
      batches.at(-1)?.push(line);
    }
    return batches.map((batch) => ({ lines: batch }));
  }

  #notice(now: Date): LogLine[] {
    const first = this.#waiting[0];
    if (this.#dropped === 0 || !first) return [];
    const text = `${this.#dropped} lines were dropped while the log could not be sent`;
    return [{ ...first, at: now.getTime(), stream: 'platform', text, cut: false }];
  }
}

const sizeOf = (text: string) => Buffer.byteLength(text) + LINE_OVERHEAD;
