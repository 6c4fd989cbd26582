import { Refusal } from '../decider.js';
import type { Resources } from '../host/events.js';
import { shortages, subtract } from '../host/state.js';
import type { HostId } from '../ids.js';

/** A host as placement sees it. */
export interface Candidate {
  readonly host: HostId;
  readonly name: string;
  readonly region: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly capacity: Resources;
  readonly used: Resources;
  readonly cordoned: boolean;
  readonly lost: boolean;
  /** How many machines of the same app it has. */
  readonly siblings: number;
}

export interface PlacementRequest {
  /** Anywhere, where none is asked for. */
  readonly region?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly resources: Resources;
}

/**
 * The hosts that can take a machine, best first: those with the fewest machines of its app, so that an app survives a
 * host; among them the fullest, so that large machines keep finding room.
 * @throws Refusal `insufficient_capacity` saying what was missing where.
 */
export function place(request: PlacementRequest, candidates: readonly Candidate[]): readonly HostId[] {
  const judged = candidates.map((candidate) => ({ candidate, obstacle: obstacleTo(request, candidate) }));
  const able = judged.filter(({ obstacle }) => obstacle === null).map(({ candidate }) => candidate);
  if (able.length === 0) throw nowhere(request, judged);
  return able
    .toSorted(
      (a, b) =>
        a.siblings - b.siblings ||
        fullness(b, request.resources) - fullness(a, request.resources) ||
        (a.host < b.host ? -1 : 1),
    )
    .map(({ host }) => host);
}

function obstacleTo(request: PlacementRequest, candidate: Candidate): string | null {
  if (request.region !== undefined && candidate.region !== request.region)
    return `it is in ${candidate.region}`;
  if (candidate.lost) return 'it is lost';
  if (candidate.cordoned) return 'it is cordoned';
  const missing = Object.entries(request.labels).find(([label, value]) => candidate.labels[label] !== value);
  if (missing) return `it has no label ${missing[0]}=${missing[1]}`;
  const free = subtract(candidate.capacity, candidate.used);
  const [short] = shortages(free, request.resources);
  return short
    ? `insufficient ${WORDS[short]}: ${request.resources[short]} asked, ${free[short]} free`
    : null;
}

/** Share of the scarcest resource in use once the machine is there. */
function fullness({ capacity, used }: Candidate, asked: Resources): number {
  const share = (resource: keyof Resources) => (used[resource] + asked[resource]) / (capacity[resource] || 1);
  return Math.max(share('cpus'), share('memoryMb'), share('diskMb'));
}

function nowhere(
  request: PlacementRequest,
  judged: readonly { readonly candidate: Candidate; readonly obstacle: string | null }[],
): Refusal {
  const where = request.region === undefined ? 'any region' : `region ${request.region}`;
  const inRegion = judged.filter(
    ({ candidate }) => request.region === undefined || candidate.region === request.region,
  );
  const hosts = inRegion.map(({ candidate, obstacle }) => ({
    host: candidate.host,
    name: candidate.name,
    region: candidate.region,
    reason: obstacle ?? '',
  }));
  const said = hosts.slice(0, MOST_SAID).map(({ name, region, reason }) => `${name} (${region}): ${reason}`);
  const rest = hosts.length > MOST_SAID ? `; and ${hosts.length - MOST_SAID} more` : '';
  return new Refusal(
    'insufficient_capacity',
    `aborted: could not reserve resource for machine: no host in ${where} can take it` +
      (said.length > 0 ? `: ${said.join('; ')}${rest}` : ': there is none'),
    409,
    { region: request.region ?? null, asked: request.resources, hosts: hosts.slice(0, 20) },
  );
}

const MOST_SAID = 5;
const WORDS: Readonly<Record<keyof Resources, string>> = {
  cpus: 'CPU',
  memoryMb: 'memory (MB)',
  diskMb: 'disk (MB)',
};
