import { converse, type HangsUp } from './conversation.js';
import type { Program } from './programs.js';
import { readResponses, type ReadMessage } from './reader.js';
import { AGREEABLE, type Recorder, type Script } from './recorder.js';
import { lastRequest } from './requests.js';
import type { Answer } from './responses.js';
import {
  hostOf,
  seenRequest,
  withoutItsOwn,
  type Participant,
  type RequestView,
  type ResponseView,
} from './views.js';

export interface Lane {
  readonly port: number;
  readonly recorder: Recorder;
}

/** A proxy between clients and recording backends, one of each per lane. */
export class Proxy implements Participant {
  constructor(
    private readonly program: Program,
    private readonly lanes: readonly Lane[],
    private readonly hangsUp: HangsUp = 'at once',
  ) {}

  async requests(lane: number, text: string): Promise<RequestView> {
    const { port, recorder } = this.lane(lane);
    recorder.script = AGREEABLE;
    const heard = await converse(port, text, this.hangsUp);
    const recordings = await recorder.take();
    const requests = recordings.flatMap(({ reading }) => reading.messages).map(seenRequest);
    const methods = [...requests.map(({ method }) => method), 'GET'];
    const responses = readResponses(heard.text, methods, heard.end === 'closed');
    return {
      requests,
      statuses: responses.messages.map(statusOf).filter((status) => status >= 200),
      end: heard.end,
      refusal: /"error":"(\w+)"|\((\w+)\)<\/small>/.exec(heard.text)?.slice(1).find(Boolean),
      heard: heard.text,
      recordings,
    };
  }

  async responses(lane: number, answer: Answer): Promise<ResponseView> {
    const { port, recorder } = this.lane(lane);
    recorder.script = scriptFor(answer);
    const heard = await converse(port, askingFor(answer, hostOf(lane)), 'never');
    await recorder.take();
    return responseView(heard.text, heard.end, answer.method);
  }

  async stop(): Promise<void> {
    await this.program.stop();
    for (const { recorder } of this.lanes) recorder.close();
  }

  private lane(index: number): Lane {
    const lane = this.lanes[index];
    if (!lane) throw new RangeError(`there is no lane ${index}`);
    return lane;
  }
}

const LAST = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlast';

/** Answers the first request as told, and any other one well. */
export const scriptFor = ({ text, closesAtOnce }: Answer): Script => ({
  answer: ({ startLine }, reply) => {
    if (!startLine[1].endsWith('/first')) return reply.write(LAST);
    reply.write(text);
    reply.close(closesAtOnce ? 'now' : 'later');
  },
});

function askingFor({ method }: Answer, host: string): string {
  const body = method === 'POST' ? 'Content-Length: 2\r\n\r\nhi' : '\r\n';
  return `${method} /first HTTP/1.1\r\nHost: ${host}\r\n${body}${lastRequest(host)}`;
}

const statusOf = ({ startLine }: ReadMessage): number => Number(startLine[1]);

function responseView(text: string, end: ResponseView['end'], method: string): ResponseView {
  const { messages, open } = readResponses(text, [method, 'GET'], end === 'closed');
  const first = messages.findIndex((message) => statusOf(message) >= 200 || statusOf(message) === 101);
  const [response, next] = first < 0 ? [] : messages.slice(first);
  const interims = (first < 0 ? messages : messages.slice(0, first)).map(statusOf);
  const part = response ?? (open && { ...open, body: undefined });
  return {
    interims,
    response: part && {
      status: Number(part.startLine[1]),
      fields: withoutItsOwn(part.fields),
      framing: part.framing,
      body: part.body ?? '',
      isComplete: part.body !== undefined,
    },
    next: next?.body,
    end,
    wire: response && text.slice(0, response.to),
  };
}
