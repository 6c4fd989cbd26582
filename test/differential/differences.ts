import type { FieldLine } from './reader.js';
import type { PeerName, RequestView, ResponseView, SeenRequest } from './views.js';

/** One way in which the edge and another treat the same bytes differently. */
export interface Difference {
  readonly side: 'request' | 'response';
  readonly peer: PeerName;
  /** What differs; the words before a colon are stable, what follows says more. */
  readonly aspect: string;
  readonly ours: string;
  readonly theirs: string;
  /** What was sent. */
  readonly text: string;
  /** The request that only one of them forwarded. */
  readonly request?: SeenRequest;
  /** What a response answered. */
  readonly method?: string;
}

type Found = Omit<Difference, 'side' | 'peer' | 'text' | 'method'>;

/** Compares what arrived at the backends, request by request, then where and how each stopped. */
export function requestDifferences(ours: RequestView, theirs: RequestView): Found[] {
  const found: Found[] = [];
  for (let at = 0; ; at++) {
    const our = ours.requests[at];
    const their = theirs.requests[at];
    if (our && their) {
      const differing = requestDifference(our, their);
      found.push(...differing);
      if (differing.some(({ aspect }) => aspect === 'body' || aspect === 'method')) return found;
    } else if (their) {
      return [
        ...found,
        {
          aspect: `only they forward: ${whyNot(ours, at)}`,
          ours: ending(ours, at),
          theirs: show(their),
          request: their,
        },
      ];
    } else if (our) {
      return [
        ...found,
        {
          aspect: `only we forward: ${ending(theirs, at)}`,
          ours: show(our),
          theirs: ending(theirs, at),
          request: our,
        },
      ];
    } else {
      const [we, they] = [ending(ours, at), ending(theirs, at)];
      return we === they
        ? found
        : [...found, { aspect: 'answer', ours: `${we} ${ours.refusal ?? ''}`, theirs: they }];
    }
  }
}

const show = ({ method, target, framing, body }: SeenRequest): string =>
  JSON.stringify([method, target, framing, body]);

/** Why the edge did not forward a request: the code of its refusal, or what else the client was told. */
const whyNot = (view: RequestView, at: number): string =>
  view.refusal ?? (view.statuses.length > at ? 'answered' : view.end === 'closed' ? 'silence' : view.end);

/** How a participant left a connection after it had forwarded `at` requests. */
function ending({ statuses, end, recordings, requests }: RequestView, at: number): string {
  if (requests.length > at) return 'forwarded more';
  const beyond = statuses.slice(at).join(' ');
  const isUnclean = recordings.some(({ reading }) => reading.rest === 'unreadable');
  return (
    [isUnclean ? 'forwarded unclean' : '', beyond, end === 'closed' ? '' : end].filter(Boolean).join(', ') ||
    'silence'
  );
}

function requestDifference(our: SeenRequest, their: SeenRequest): Found[] {
  const aspects = ['method', 'target', 'framing', 'body'] as const;
  const found = aspects
    .filter((aspect) => our[aspect] !== their[aspect])
    .map((aspect) => ({ aspect: aspect as string, ours: our[aspect], theirs: their[aspect] }));
  return [...found, ...fieldDifferences(our.fields, their.fields)];
}

function fieldDifferences(ours: readonly FieldLine[], theirs: readonly FieldLine[]): Found[] {
  const names = [...new Set([...ours, ...theirs].map(([name]) => name))];
  return names.flatMap((name) => {
    const [our, their] = [valuesOf(ours, name), valuesOf(theirs, name)];
    if (our === their) return [];
    const kind = our === '[]' ? 'only theirs' : their === '[]' ? 'only ours' : 'value';
    return [{ aspect: `field, ${kind}: ${name}`, ours: our, theirs: their }];
  });
}

const valuesOf = (fields: readonly FieldLine[], name: string): string =>
  JSON.stringify(fields.filter(([other]) => other === name).map(([, value]) => value));

/** Compares what a client was told, and whether its next request on the connection was answered. */
export function responseDifferences(ours: ResponseView, theirs: ResponseView): Found[] {
  const [our, their] = [ours.response, theirs.response];
  if (isRefused(ours) || isRefused(theirs)) {
    if (isRefused(ours) && isRefused(theirs)) return [];
    return [
      {
        aspect: isRefused(ours) ? 'only they relay' : 'only we relay',
        ours: showResponse(ours),
        theirs: showResponse(theirs),
      },
    ];
  }
  if (!our || !their) return [];
  const found: Found[] = [];
  const add = (aspect: string, we: unknown, they: unknown) => {
    if (we !== they && they !== 'unknown') found.push({ aspect, ours: String(we), theirs: String(they) });
  };
  add('status', our.status, their.status);
  add('interim responses', ours.interims.join(' '), theirs.interims.join(' '));
  add('whole', our.isComplete, their.isComplete);
  if (our.isComplete && their.isComplete) {
    add('body', our.body, their.body);
    add('framing', our.framing, their.framing);
    add('next request', ours.next ?? 'closed', theirs.next ?? 'closed');
  }
  return [...found, ...fieldDifferences(our.fields, their.fields)];
}

/** Whether the client was told nothing that the backend said. */
const isRefused = ({ response }: ResponseView): boolean =>
  response === undefined ||
  !response.fields.some(([name, value]) => name === 'x-origin' && value.includes('mutated'));

const showResponse = ({ response, end }: ResponseView): string =>
  response ? `${response.status} ${response.framing} ${JSON.stringify(response.body.slice(0, 80))}` : end;
