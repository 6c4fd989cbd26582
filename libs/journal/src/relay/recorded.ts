import { envelopeRecord, eventSubject, type EnvelopeRecord, type Service } from '@bulkhead/contracts';
import { z } from 'zod';
import { followTrace } from '../bus/trace.js';
import type { Headers } from '../ports/bus.js';
import { aggregateKey, parseAggregateKey } from '../store/body.js';

/** A committed envelope with its place in the journal. */
export interface Recorded {
  readonly record: EnvelopeRecord;
  /** The envelope's id. */
  readonly id: string;
  /** `<type>/<id>` */
  readonly aggregate: string;
  /** The exact bytes committed. */
  readonly body: Uint8Array;
}

const EPOCH = 'Bh-Epoch';
const POSITION = 'Bh-Position';
const RECORDED_AT = 'Bh-Recorded-At';
const ENVELOPE = 'Bh-Envelope';

export const subjectOf = (service: Service, { aggregate }: Recorded): string =>
  eventSubject(service, parseAggregateKey(aggregate));

/** `bh.event.<service>.<type>.<id, a token per part>` */
export function aggregateOfSubject(subject: string): string {
  const [, , , type = '', ...id] = subject.split('.');
  return aggregateKey({ type, id: id.join('/') });
}

/** An envelope's record as message headers, with the trace that its command belonged to. */
export function recordHeaders({ record, id, body }: Recorded): Headers {
  return {
    [EPOCH]: record.epoch,
    [POSITION]: String(record.position),
    [RECORDED_AT]: record.recordedAt,
    [ENVELOPE]: id,
    ...followTrace(traceOf(body)),
  };
}

const headersOfRecord = z
  .object({
    [EPOCH]: z.string(),
    [POSITION]: z.string().regex(/^\d{1,15}$/),
    [RECORDED_AT]: z.string(),
    [ENVELOPE]: z.string(),
  })
  .transform((headers) => ({
    id: headers[ENVELOPE],
    record: { epoch: headers[EPOCH], position: Number(headers[POSITION]), recordedAt: headers[RECORDED_AT] },
  }))
  .pipe(z.object({ id: z.string().max(64), record: envelopeRecord }));

/** The record that a message carries, or undefined where it carries none. */
export const recordOf = (
  headers: Headers,
): { readonly id: string; readonly record: EnvelopeRecord } | undefined =>
  headersOfRecord.safeParse(headers).data;

/** `trace` stands before the events, so that it is found without parsing them. */
const TRACE = /"trace":"([0-9a-f]{32})"/;

function traceOf(body: Uint8Array): string | undefined {
  const head = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 2048)).toString('latin1');
  const end = head.indexOf('"events":');
  return TRACE.exec(end < 0 ? head : head.slice(0, end))?.[1];
}
