import { z } from 'zod';
import { generation } from '../feeds.js';
import { appId, appName, hostId, instanceId, machineId, organizationId, timestamp } from '../ids.js';
import { metadata, registryHost, SEALED_PARTS, stopSignal, storedMachineConfig } from '../machine-config.js';
import { sealed, sealedOnly } from '../sealed.js';

/** Inputs and results of the commands that the scheduler takes from the api: `bh.cmd.scheduler.<name>.api`. */

const leaseNonce = z.string().min(1).max(128);
const region = z.string().regex(/^[a-z0-9-]{1,32}$/, 'a region');
const timeoutMs = z.int().min(0).max(86_400_000);

/** A configuration whose secret parts were sealed before they were sent. */
const sentConfig = storedMachineConfig.refine(
  (config) => SEALED_PARTS.every((part) => !('$plain' in (config[part] ?? {}))),
  `${SEALED_PARTS.join(', ')} must be sealed before they are sent`,
);

/** Which machine, and the nonce of its lease where the caller holds it. */
const onMachine = { app: appId, machine: machineId, nonce: leaseNonce.exactOptional() };

export const machineStatus = z.enum([
  'creating',
  'created',
  'starting',
  'started',
  'stopping',
  'stopped',
  'restarting',
  'suspending',
  'suspended',
  'updating',
  'failed',
  'destroying',
  'destroyed',
]);

/** A machine as a command left it: what an answer is made of until the read model has caught up. */
export const machineResult = z.object({
  machine: machineId,
  app: appId,
  organization: organizationId,
  name: z.string(),
  region: z.string(),
  instance: instanceId,
  state: machineStatus,
  cordoned: z.boolean(),
  host: hostId.nullable(),
  hostStatus: z.enum(['ok', 'unreachable']),
  generation: generation.nullable(),
  address: sealed(z.string()).nullable(),
  config: storedMachineConfig,
  /** Of the lease that the machine was created with. */
  nonce: z.string().exactOptional(),
});
export type MachineResult = z.infer<typeof machineResult>;

/** Ttl of a machine's lease in seconds. */
export const leaseTtl = z.int().min(1).max(86_400);

export const createMachine = z.strictObject({
  app: appId,
  name: appName.exactOptional(),
  region: region.exactOptional(),
  config: sentConfig,
  launch: z.boolean(),
  cordoned: z.boolean(),
  leaseTtl: leaseTtl.exactOptional(),
});
export type CreateMachine = z.infer<typeof createMachine>;

export const updateMachine = z.strictObject({
  ...onMachine,
  config: sentConfig,
  launch: z.boolean(),
  /** Compare-and-set: the instance that the caller changed. */
  current: z.string().max(64).exactOptional(),
  name: appName.exactOptional(),
  region: region.exactOptional(),
});
export type UpdateMachine = z.infer<typeof updateMachine>;

const stopWish = { signal: stopSignal.exactOptional(), timeoutMs: timeoutMs.exactOptional() };

export const startMachine = z.strictObject(onMachine);
export const stopMachine = z.strictObject({ ...onMachine, ...stopWish });
export const restartMachine = z.strictObject({ ...onMachine, ...stopWish, force: z.boolean() });
export const suspendMachine = z.strictObject(onMachine);
export const cordonMachine = z.strictObject(onMachine);
export const uncordonMachine = z.strictObject(onMachine);
export const destroyMachine = z.strictObject({ ...onMachine, force: z.boolean() });
/** Places a machine anew although its host may come back with it running: an operator's word against a volume's safety. */
export const replaceMachine = z.strictObject(onMachine);

export const setMetadata = z.strictObject({
  ...onMachine,
  /** Keys to set, or with null to remove. */
  changes: z.record(z.string().max(128), z.string().max(4096).nullable()),
  /** Whether keys that are not named go. */
  replace: z.boolean(),
  /** Compare-and-set (412): the instance whose metadata the caller read. */
  machineVersion: z.string().max(64).exactOptional(),
});
/** All metadata as it is then. */
export const metadataResult = z.object({ metadata });

export const acquireLease = z.strictObject({
  ...onMachine,
  ttl: leaseTtl,
  description: z.string().max(256).exactOptional(),
});
export const leaseResult = z.object({
  /** Only its holder learns it. */
  nonce: z.string().exactOptional(),
  /** Unix seconds. */
  expiresAt: z.int(),
  owner: z.string(),
  description: z.string(),
  version: instanceId,
});
export type LeaseResult = z.infer<typeof leaseResult>;
export const releaseLease = z.strictObject(onMachine);
export const getLease = z.strictObject({ app: appId, machine: machineId });

export const signalMachine = z.strictObject({ ...onMachine, signal: z.string().regex(/^SIG[A-Z0-9]{1,8}$/) });

export const execMachine = z.strictObject({
  ...onMachine,
  command: sealedOnly(z.array(z.string().max(8192)).min(1).max(256)),
  stdin: sealedOnly(z.string().max(65_536)).exactOptional(),
  container: z.string().max(64).exactOptional(),
  timeoutMs: z.int().min(1).max(600_000),
});
export const psMachine = z.strictObject({ app: appId, machine: machineId });

/** `placement`: where a machine is placed and for whom, so that the vault can judge who may have what. */
export const placementRequest = z.strictObject({ machine: machineId });
export const placementResult = z.object({
  placement: z
    .object({
      host: hostId,
      generation,
      organization: organizationId,
      /** Whose credential its image needs. */
      registry: registryHost.nullable(),
    })
    .nullable(),
});
export type PlacementResult = z.infer<typeof placementResult>;

/** Commands about hosts, an operator's alone. */
export const cordonHost = z.strictObject({ host: hostId, reason: z.string().max(256) });
export const uncordonHost = z.strictObject({ host: hostId });
export const removeHost = z.strictObject({ host: hostId });
/** Ends the hold that begins when more than half of the hosts are lost at once: their machines are placed again. */
export const releaseHold = z.strictObject({});

export const setQuota = z.strictObject({
  organization: organizationId,
  limits: z.strictObject({
    apps: z.int().min(0),
    machines: z.int().min(0),
    cpus: z.int().min(0),
    memoryMb: z.int().min(0),
  }),
});

/** Result of commands that have nothing to say. */
export const done = z.object({ ok: z.literal(true) });

/** `host-abilities`: what each host said of itself with its last heartbeat. */
export const hostAbilities = z.strictObject({});
export const hostAbilitiesResult = z.object({
  hosts: z.array(
    z.object({
      host: hostId,
      heardAt: timestamp,
      version: z.string(),
      /** Such as `accel`: `kvm`; `missing` names what it can't do and why. */
      abilities: z.record(z.string(), z.string()),
    }),
  ),
});
