import type { RequestRecord } from '../server/observer.js';

/** Where lines go; buffered, as a system call per line would cost more than the request's own. */
export interface LineSink {
  write(line: string): void;
}

/**
 * A line for each request, in the format of the service's other lines. It is made without the logger's search for secrets, which
 * costs more than serving the request: a record's fields are known, and none can hold one.
 */
export class RequestLog {
  private readonly tail: string;

  constructor(
    private readonly sink: LineSink,
    thread: number,
  ) {
    this.tail = `,"service":"edge","thread":${thread},"msg":"request"}\n`;
  }

  write({ trace, requestId, app, machine, method, status, fault, seconds, bytesOut }: RequestRecord): void {
    const time = new Date().toISOString();
    const fields = {
      level: 'info',
      time,
      requestId,
      trace: trace.traceId,
      app,
      machine,
      method,
      status,
      fault,
      seconds,
      bytesOut,
    };
    this.sink.write(JSON.stringify(fields).slice(0, -1) + this.tail);
  }
}
