import { Refusal } from '../decider.js';
import type { Resources } from '../host/events.js';
import { RESOURCES } from '../host/state.js';
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

/** A host that can take the machine, with what it is chosen by. */
interface Ranked {
  readonly host: HostId;
  readonly siblings: number;
  readonly fullness: number;
}

/**
 * The hosts that can take a machine, best first: those with the fewest machines of its app, so that an app survives a
 * host; among them the fullest, so that large machines keep finding room. Each is looked for when it is asked for, since the first will
 * nearly always do.
 * @throws Refusal `insufficient_capacity` saying what was missing where.
 */
export function place(request: PlacementRequest, candidates: readonly Candidate[]): Iterable<HostId> {
  const labels = Object.entries(request.labels);
  const able: Ranked[] = [];
  for (const candidate of candidates) {
    if (obstacleTo(request, labels, candidate) !== null) continue;
    const { host, siblings } = candidate;
    able.push({ host, siblings, fullness: fullness(candidate, request.resources) });
  }
  if (able.length === 0) throw nowhere(request, labels, candidates);
  return bestFirst(able);
}

function* bestFirst(able: Ranked[]): Iterable<HostId> {
  for (let [first] = able; first; [first] = able) {
    const best = able.reduce((one, other) => (isBetter(other, one) ? other : one), first);
    yield best.host;
    able.splice(able.indexOf(best), 1);
  }
}

function isBetter(one: Ranked, other: Ranked): boolean {
  if (one.siblings !== other.siblings) return one.siblings < other.siblings;
  if (one.fullness !== other.fullness) return one.fullness > other.fullness;
  return one.host < other.host;
}

type Labels = readonly (readonly [string, string])[];
type Obstacle =
  | { readonly kind: 'elsewhere' | 'lost' | 'cordoned' }
  | { readonly kind: 'unlabelled'; readonly label: string; readonly value: string }
  | { readonly kind: 'short'; readonly of: keyof Resources };

const ELSEWHERE: Obstacle = { kind: 'elsewhere' };
const LOST: Obstacle = { kind: 'lost' };
const CORDONED: Obstacle = { kind: 'cordoned' };

function obstacleTo(request: PlacementRequest, labels: Labels, candidate: Candidate): Obstacle | null {
  if (request.region !== undefined && candidate.region !== request.region) return ELSEWHERE;
  if (candidate.lost) return LOST;
  if (candidate.cordoned) return CORDONED;
  const missing = labels.find(([label, value]) => candidate.labels[label] !== value);
  if (missing) return { kind: 'unlabelled', label: missing[0], value: missing[1] };
  const short = shortage(candidate, request.resources);
  return short ? { kind: 'short', of: short } : null;
}

const shortage = ({ capacity, used }: Candidate, asked: Resources): keyof Resources | undefined =>
  RESOURCES.find((resource) => asked[resource] > capacity[resource] - used[resource]);

function describe(obstacle: Obstacle, { resources }: PlacementRequest, candidate: Candidate): string {
  switch (obstacle.kind) {
    case 'elsewhere':
      return `it is in ${candidate.region}`;
    case 'lost':
      return 'it is lost';
    case 'cordoned':
      return 'it is cordoned';
    case 'unlabelled':
      return `it has no label ${obstacle.label}=${obstacle.value}`;
    case 'short': {
      const free = candidate.capacity[obstacle.of] - candidate.used[obstacle.of];
      return `insufficient ${WORDS[obstacle.of]}: ${resources[obstacle.of]} asked, ${free} free`;
    }
  }
}

/** Share of the scarcest resource in use once the machine is there. */
function fullness({ capacity, used }: Candidate, asked: Resources): number {
  let most = 0;
  for (const resource of RESOURCES)
    most = Math.max(most, (used[resource] + asked[resource]) / (capacity[resource] || 1));
  return most;
}

function nowhere(request: PlacementRequest, labels: Labels, candidates: readonly Candidate[]): Refusal {
  const where = request.region === undefined ? 'any region' : `region ${request.region}`;
  const hosts = candidates.flatMap((candidate) => {
    const obstacle = obstacleTo(request, labels, candidate);
    if (!obstacle || obstacle.kind === 'elsewhere') return [];
    const { host, name, region } = candidate;
    return [{ host, name, region, reason: describe(obstacle, request, candidate) }];
  });
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
