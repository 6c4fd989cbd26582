import type { CheckStatus, MachineConfig, OrganizationId, Sealed } from '@bulkhead/domain';
import { toShownConfig } from '@bulkhead/contracts/machine-config';
import type { MachineResult } from '@bulkhead/contracts/commands/scheduler';
import { openLeaves, type Sealer } from '@bulkhead/journal';
import { z } from 'zod';
import type { MachineRow } from '../read-model/entities.js';
import { imageRefOf } from './image-reference.js';
import { machineEventAnswer, type MachineEventAnswer } from './machine-events.js';

export const checkAnswer = z.object({
  name: z.string(),
  status: z.enum(['passing', 'warning', 'critical']),
  output: z.string(),
  updated_at: z.string(),
});

/** A machine as the Machines API shows it. */
export const machineAnswer = z.object({
  id: z.string(),
  name: z.string(),
  state: z.string(),
  region: z.string(),
  instance_id: z.string(),
  /** The same value; what compare-and-set fields of requests compare with. */
  version: z.string(),
  private_ip: z.string().optional(),
  image_ref: z.object({
    registry: z.string(),
    repository: z.string(),
    tag: z.string().optional(),
    digest: z.string().optional(),
    labels: z.record(z.string(), z.string()),
  }),
  /** Left out of summaries. */
  config: z
    .record(z.string(), z.unknown())
    .meta({ description: 'As in a request, with the guest filled in.' })
    .optional(),
  events: z.array(machineEventAnswer).optional(),
  checks: z.array(checkAnswer),
  host_status: z.enum(['ok', 'unknown', 'unreachable']),
  cordoned: z.boolean(),
  nonce: z.string().optional(),
  created_at: z.string(),
  updated_at: z.string(),
  /** The read model could not apply an event of this machine: what stands here may be old. */
  stale_since: z.string().optional(),
});
export type MachineAnswer = z.input<typeof machineAnswer>;

/** What all sources of an answer have. */
interface Facts {
  readonly id: string;
  readonly organization: OrganizationId;
  readonly name: string;
  readonly state: string;
  readonly region: string;
  readonly instance: string;
  readonly config: MachineConfig;
  readonly address: Sealed<string> | null;
  readonly imageDigest: string | null;
  readonly checks: readonly CheckStatus[];
  readonly hostStatus: 'ok' | 'unreachable';
  readonly cordoned: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export function factsOfRow({ state, ...row }: MachineRow): Facts {
  return {
    id: row.id,
    organization: row.organization,
    name: row.name,
    state: row.status,
    region: row.region,
    instance: row.instance,
    config: state.config,
    address: state.placement?.address ?? null,
    imageDigest: state.imageDigest,
    checks: row.status === 'destroyed' ? [] : state.checks,
    hostStatus: state.hostLost ? 'unreachable' : 'ok',
    cordoned: state.cordoned,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** For an answer before the read model has caught up. */
export function factsOfResult(result: MachineResult, now: Date): Facts {
  const { machine, organization, name, state, region, instance, config, address, hostStatus, cordoned } =
    result;
  const known = { name, state, region, instance, config, address, hostStatus, cordoned };
  return {
    id: machine,
    organization,
    ...known,
    imageDigest: null,
    checks: [],
    createdAt: now,
    updatedAt: now,
  };
}

interface Extras {
  readonly summary?: boolean;
  readonly events?: readonly MachineEventAnswer[];
  readonly nonce?: string | undefined;
  readonly staleSince?: Date | undefined;
}

/**
 * Opens what is sealed for a reader who was cleared.
 * @throws RetryableError while the organization's data key can't be had.
 */
export async function answerOf(sealer: Sealer, facts: Facts, extras: Extras = {}): Promise<MachineAnswer> {
  const sealed = extras.summary
    ? { address: facts.address }
    : { address: facts.address, config: facts.config };
  const resolved = facts.config.resolved_image ?? { digest: facts.imageDigest, labels: {} };
  const { address, config } = openedFacts.parse(await openLeaves(sealer, facts.organization, sealed));
  return {
    id: facts.id,
    name: facts.name,
    state: facts.state,
    region: facts.region,
    instance_id: facts.instance,
    version: facts.instance,
    ...(address ? { private_ip: address } : {}),
    image_ref: { ...imageRefOf(facts.config.image, resolved) },
    ...(config ? { config: shownConfig(config) } : {}),
    ...(extras.events ? { events: [...extras.events] } : {}),
    checks: [...facts.checks],
    host_status: facts.hostStatus,
    cordoned: facts.cordoned,
    ...(extras.nonce === undefined ? {} : { nonce: extras.nonce }),
    created_at: facts.createdAt.toISOString(),
    updated_at: facts.updatedAt.toISOString(),
    ...(extras.staleSince ? { stale_since: extras.staleSince.toISOString() } : {}),
  };
}

/** An opened sealed text: its value, or nothing once it is erased. */
const openedText = z
  .union([z.strictObject({ $plain: z.string() }), z.strictObject({ $erased: z.literal(true) })])
  .transform((value) => ('$plain' in value ? value.$plain : null));
/** A stored configuration stays one when its sealed parts are opened. */
const openedConfig = z.custom<MachineConfig>((value) => typeof value === 'object' && value !== null);
const openedFacts = z.object({ address: openedText.nullable(), config: openedConfig.optional() });

/** The answer's form of a configuration whose sealed parts were opened. */
export const shownConfig = (config: unknown): Record<string, unknown> => ({
  ...toShownConfig(openedConfig.parse(config), (part) => ('$plain' in part ? part.$plain : undefined)),
});
