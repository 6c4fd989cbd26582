import type { Field } from '../http1/fields.js';
import type { RequestHead } from '../http1/request-head.js';
import type { ConnectionFacts } from './connection-facts.js';
import { newRequestId } from './request-id.js';
import { traceContext, traceparentOf, type SpanSampling, type TraceContext } from './trace.js';

/** Who a request comes from, as its backend is told. */
export interface RequestIdentity {
  readonly requestId: string;
  readonly trace: TraceContext;
  readonly clientAddress: string;
}

const VIA = '1.1 bulkhead';
const MAX_REQUEST_ID = 128;

/** Only a configured proxy names the client and the request; everybody else is what the connection says. */
export function identify(
  head: RequestHead,
  facts: ConnectionFacts,
  { region, sampling }: { readonly region: string; readonly sampling: SpanSampling | undefined },
): RequestIdentity {
  const said = facts.isPeerTrusted ? lookUp(head.fields) : undefined;
  const requestId = said?.get('fly-request-id');
  return {
    requestId:
      requestId !== undefined && requestId !== '' && requestId.length <= MAX_REQUEST_ID
        ? requestId
        : newRequestId(region),
    trace: traceContext(
      head.fields.find(({ lower }) => lower === 'traceparent')?.value,
      facts.isPeerTrusted,
      sampling,
    ),
    clientAddress: said?.get('fly-client-ip') ?? facts.peerAddress,
  };
}

const lookUp = (fields: readonly Field[]): ReadonlyMap<string, string> =>
  new Map(fields.map(({ lower, value }) => [lower, value]));

/** What a backend gets: the client's own fields, and the edge's word on where they come from. */
export function requestFields(
  head: RequestHead,
  identity: RequestIdentity,
  facts: ConnectionFacts,
  region: string,
): Field[] {
  const fields: Field[] = [];
  let via = VIA;
  let forwardedFor = facts.peerAddress;
  let forwardedProto: string = facts.entry;
  for (const sent of head.fields) {
    if (sent.lower === 'via') via = `${sent.value}, ${VIA}`;
    else if (facts.isPeerTrusted && sent.lower === 'x-forwarded-for')
      forwardedFor = `${sent.value}, ${forwardedFor}`;
    else if (facts.isPeerTrusted && sent.lower === 'x-forwarded-proto') forwardedProto = sent.value;
    else if (isPassedOn(sent.lower, facts.isPeerTrusted, identity.trace.isJoined)) fields.push(sent);
  }
  fields.push(
    made('Fly-Client-IP', identity.clientAddress),
    made('Fly-Forwarded-Port', String(facts.publicPort)),
    made('Fly-Region', region),
    made('Fly-Request-Id', identity.requestId),
    made('X-Forwarded-For', forwardedFor),
    made('X-Forwarded-Proto', forwardedProto),
    made('X-Forwarded-Port', String(facts.publicPort)),
    made('traceparent', traceparentOf(identity.trace)),
    made('Via', via),
  );
  return fields;
}

const OWN: ReadonlySet<string> = new Set([
  'fly-client-ip',
  'fly-forwarded-port',
  'fly-region',
  'fly-request-id',
  'x-forwarded-port',
  'traceparent',
]);

/** `Fly-*`, `Forwarded` and `X-Forwarded-*` are the edge's to say; underscores are how they'd be said behind its back. */
function isPassedOn(lower: string, isPeerTrusted: boolean, isTraceJoined: boolean): boolean {
  if (OWN.has(lower)) return false;
  if (lower === 'tracestate') return isTraceJoined;
  if (isPeerTrusted) return true;
  const name = lower.includes('_') ? lower.replaceAll('_', '-') : lower;
  return !name.startsWith('fly-') && !name.startsWith('x-forwarded-') && name !== 'forwarded';
}

/** A field of the edge's own; `lower` is never asked for again. */
const made = (name: string, value: string): Field => ({ name, lower: name, value });
