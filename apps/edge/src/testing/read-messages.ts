import { decoderFor } from '../http1/body-decoder.js';
import { HeadCollector } from '../http1/head-collector.js';
import { parseRequestHead, type RequestHead } from '../http1/request-head.js';
import { HttpSyntaxError, type SyntaxFault } from '../http1/syntax-error.js';

export interface ReadRequest {
  readonly head: RequestHead;
  readonly body: string;
}

/** What a connection's bytes mean: its complete requests, then how the rest is left. */
export interface ReadConnection {
  readonly requests: readonly ReadRequest[];
  readonly rest: 'nothing' | 'incomplete' | { readonly fault: SyntaxFault };
}

/** Cuts a connection's bytes into requests, as the edge does. */
export function readRequests(chunks: readonly Buffer[]): ReadConnection {
  const requests: ReadRequest[] = [];
  const heads = new HeadCollector(16 * 1024, 1);
  let open: { head: RequestHead; body: Buffer[]; decoder: ReturnType<typeof decoderFor> } | undefined;
  const settle = () => {
    if (!open?.decoder.done) return;
    requests.push({ head: open.head, body: Buffer.concat(open.body).toString('latin1') });
    open = undefined;
  };
  try {
    for (const chunk of chunks)
      for (let at = 0; at < chunk.length; settle()) {
        if (open) {
          const { body, decoder } = open;
          at = decoder.push(chunk, at, (payload) => body.push(Buffer.from(payload)));
          continue;
        }
        at = heads.push(chunk, at);
        const text = heads.take();
        if (text === undefined) continue;
        const head = parseRequestHead(text);
        open = { head, body: [], decoder: decoderFor(head.framing) };
      }
  } catch (error) {
    if (!(error instanceof HttpSyntaxError)) throw error;
    return { requests, rest: { fault: error.fault } };
  }
  return { requests, rest: open || heads.started ? 'incomplete' : 'nothing' };
}
