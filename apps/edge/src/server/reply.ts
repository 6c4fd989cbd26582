import type { ByteSink } from '../http1/body-encoder.js';
import { field } from '../http1/fields.js';
import type { RequestHead } from '../http1/request-head.js';
import { serializeResponse } from '../http1/serialize.js';
import { reasonOf, refusalPage, type Refusal } from '../proxy/refusal.js';
import { responseFields } from '../proxy/response-fields.js';

/** What an answer of the edge's own needs to know of the request; without a head, the head was what was wrong. */
export interface Asked {
  readonly head?: RequestHead;
  readonly identity: { readonly requestId: string };
}

/** Writes an error page; returns the bytes of its body. */
export function writeRefusal(
  client: ByteSink,
  refusal: Refusal,
  { head, identity }: Asked,
  keepAlive: boolean,
): number {
  const accept = head?.fields.find(({ lower }) => lower === 'accept')?.value;
  const { body, fields } = refusalPage(refusal, identity.requestId, accept);
  const isHead = head?.method === 'HEAD';
  const text = serializeResponse({
    status: refusal.status,
    reason: reasonOf(refusal.status),
    fields: responseFields(fields, identity.requestId, false),
    framing: isHead ? { kind: 'none' } : { kind: 'length', length: body.length },
    announcedLength: isHead ? body.length : undefined,
    connection: keepAlive ? 'keep-alive' : 'close',
  });
  client.write(text);
  if (isHead) return 0;
  client.write(body);
  return body.length;
}

export function writeRedirect(
  client: ByteSink,
  redirect: { readonly status: number; readonly location: string },
  requestId: string,
  keepAlive: boolean,
): void {
  const text = serializeResponse({
    status: redirect.status,
    reason: reasonOf(redirect.status),
    fields: responseFields([field('Location', redirect.location)], requestId, false),
    framing: { kind: 'length', length: 0 },
    announcedLength: undefined,
    connection: keepAlive ? 'keep-alive' : 'close',
  });
  client.write(text);
}
