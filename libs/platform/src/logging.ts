import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Fields that hold credentials wherever they turn up; their values never reach a log. */
const SECRET_FIELDS = ['authorization', 'credential', 'password', 'token', 'secret', 'key', 'env', 'cookie'];

/** Structured logs on standard output, one JSON object a line, with the trace they belong to. */
export const createLogger = (service: string, level: string, destination?: DestinationStream): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[hidden]',
      },
      mixin: () => {
        const span = trace.getActiveSpan()?.spanContext();
        return span ? { trace: span.traceId } : {};
      },
    },
    ...(destination ? [destination] : []),
  );
