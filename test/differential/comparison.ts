import { requestDifferences, responseDifferences, type Difference } from './differences.js';
import { readResponses } from './reader.js';
import type { Answer } from './responses.js';
import {
  seenRequest,
  type Participant,
  type PeerName,
  type RequestView,
  type ResponseView,
} from './views.js';

export type Peers = Partial<Record<PeerName, Participant>>;

export interface Comparisons {
  /** How others differ from the edge: about what was sent to all, and about what the edge made of it. */
  readonly differences: readonly Difference[];
  /** What nothing can excuse, in words that are the same for all messages. */
  readonly faults: readonly string[];
}

/** Has the edge and others read the same messages, and has the others read what the edge writes. */
export class Comparison {
  constructor(
    private readonly edge: Participant,
    private readonly peers: Peers,
  ) {}

  async requests(lane: number, text: string): Promise<Comparisons> {
    const [ours, ...theirs] = await Promise.all([
      this.edge.requests(lane, text),
      ...this.named().map(
        async ([peer, participant]) => [peer, await participant.requests(lane, text)] as const,
      ),
    ]);
    const differences = theirs.flatMap(([peer, view]) =>
      requestDifferences(ours, view).map((found) => ({ ...found, side: 'request' as const, peer, text })),
    );
    const second = await this.readAgain(lane, ours);
    return {
      differences: [...differences, ...second.differences],
      faults: [...requestFaults(ours), ...second.faults],
    };
  }

  async responses(lane: number, answer: Answer): Promise<Comparisons> {
    const [ours, ...theirs] = await Promise.all([
      this.edge.responses(lane, answer),
      ...this.named().map(
        async ([peer, participant]) => [peer, await participant.responses(lane, answer)] as const,
      ),
    ]);
    const text = answer.text;
    const differences = theirs.flatMap(([peer, view]) =>
      responseDifferences(ours, view).map((found) => ({
        ...found,
        side: 'response' as const,
        peer,
        text,
        method: answer.method,
      })),
    );
    const second = await this.hearAgain(lane, ours, answer);
    return {
      differences: [...differences, ...second.differences],
      faults: [...responseFaults(ours), ...second.faults],
    };
  }

  /** The others as backends: each must find the requests that the edge sent, and no others. */
  private async readAgain(lane: number, ours: RequestView): Promise<Comparisons> {
    const differences: Difference[] = [];
    for (const { text, reading } of ours.recordings) {
      const sent: RequestView = {
        ...ours,
        requests: reading.messages.map(seenRequest),
        statuses: [],
        recordings: [],
      };
      for (const [peer, participant] of this.named()) {
        const found = requestDifferences(sent, await participant.requests(lane, text));
        differences.push(
          ...found
            .filter(({ aspect }) => aspect !== 'answer')
            .map((difference) => ({ ...difference, side: 'request' as const, peer, text })),
        );
      }
    }
    return {
      differences,
      faults: differences
        .filter(isDesync)
        .map(({ peer, aspect }) => `${peer} behind us: ${aspect.split(':')[0] ?? ''}`),
    };
  }

  /** The others as clients: each must hear the response that the edge sent. */
  private async hearAgain(lane: number, ours: ResponseView, { method }: Answer): Promise<Comparisons> {
    if (ours.wire === undefined || ours.response === undefined) return { differences: [], faults: [] };
    const answer: Answer = { method, text: ours.wire, closesAtOnce: ours.response.framing === 'close' };
    const differences: Difference[] = [];
    for (const [peer, participant] of this.named()) {
      const found = responseDifferences(ours, await participant.responses(lane, answer));
      differences.push(
        ...found.map((difference) => ({
          ...difference,
          side: 'response' as const,
          peer,
          text: answer.text,
          method,
        })),
      );
    }
    return { differences, faults: [] };
  }

  private named(): readonly (readonly [PeerName, Participant])[] {
    return (['nginx', 'haproxy', 'llhttp'] as const).flatMap((peer) => {
      const participant = this.peers[peer];
      return participant ? [[peer, participant] as const] : [];
    });
  }
}

/** Whether another parser behind the edge sees more requests, or other ones, than it sent. One that it refuses ends its connection. */
const isDesync = ({ aspect }: Difference): boolean =>
  aspect === 'body' || aspect === 'method' || aspect.startsWith('only they forward');

function requestFaults({ recordings, heard, requests, end }: RequestView): string[] {
  const ids = recordings.flatMap(({ reading }) =>
    reading.messages.map(({ fields }) =>
      fields.filter(([name]) => name === 'fly-request-id').map(([, value]) => value),
    ),
  );
  const areOurs = ids.every((found) => found.length === 1 && /^[0-9A-Z]{26}-loc$/.test(found[0] ?? ''));
  const said = readResponses(heard, [...requests.map(({ method }) => method), 'GET'], end === 'closed');
  return [
    recordings.some(({ reading }) => reading.rest === 'unreadable')
      ? 'we sent a backend what is no request'
      : '',
    !areOurs || new Set(ids.flat()).size < ids.length ? 'a backend read a request that we did not send' : '',
    said.rest === 'unreadable' ? 'we told a client what is no response' : '',
    end === 'stuck' ? 'we left a client waiting' : '',
  ].filter(Boolean);
}

function responseFaults({ next, end, response }: ResponseView): string[] {
  return [
    next !== undefined && next !== 'last' ? 'a client got a response that is not its own' : '',
    end === 'stuck' ? 'we left a client waiting' : '',
    response === undefined && end === 'closed' ? 'we closed without a response' : '',
  ].filter(Boolean);
}
