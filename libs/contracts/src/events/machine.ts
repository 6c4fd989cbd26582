import type { MachineEvent, MachineNameEvent } from '@bulkhead/domain';
import { z } from 'zod';
import type { ContractsOf } from '../event-contract.js';
import { generation } from '../feeds.js';
import { appId, hostId, instanceId, machineId, organizationId } from '../ids.js';
import { storedMachineConfig } from '../machine-config.js';
import { checkStatus, exitRecord, reach } from '../reports.js';
import { sealed } from '../sealed.js';

const nothing = z.strictObject({});
const observed = { generation, instance: instanceId, wish: z.int().nonnegative() };
const stopWish = {
  signal: z.string().max(16).exactOptional(),
  timeoutMs: z.int().nonnegative().exactOptional(),
};

export const machineContracts = {
  MachineCreated: {
    v: 1,
    schema: z.strictObject({
      machine: machineId,
      app: appId,
      appName: z.string().max(63),
      organization: organizationId,
      name: z.string().max(63),
      region: z.string().max(32),
      instance: instanceId,
      config: storedMachineConfig,
      launch: z.boolean(),
      cordoned: z.boolean(),
    }),
  },
  MachinePlaced: {
    v: 1,
    schema: z.strictObject({
      host: hostId,
      region: z.string().max(32),
      generation,
      networkId: z.int().nonnegative(),
      address: sealed(z.ipv6()),
      reason: z.enum(['created', 'host_lost', 'replaced', 'updated']),
    }),
  },
  MachineUpdated: {
    v: 1,
    schema: z.strictObject({ instance: instanceId, config: storedMachineConfig, launch: z.boolean() }),
  },
  MachineStartRequested: { v: 1, schema: nothing },
  MachineStopRequested: { v: 1, schema: z.strictObject(stopWish) },
  MachineRestartRequested: {
    v: 1,
    schema: z.strictObject({ ...stopWish, force: z.boolean(), count: z.int().positive() }),
  },
  MachineSuspendRequested: { v: 1, schema: nothing },
  MachineDestroyRequested: {
    v: 1,
    schema: z.strictObject({ force: z.boolean(), reason: z.enum(['user', 'auto_destroy']) }),
  },
  MachineCordoned: { v: 1, schema: nothing },
  MachineUncordoned: { v: 1, schema: nothing },
  MachineMetadataChanged: {
    v: 1,
    schema: z.strictObject({ metadata: z.record(z.string(), z.string()) }),
  },
  MachineSignalled: { v: 1, schema: z.strictObject({ signal: z.string().max(16) }) },
  MachineCommandExecuted: {
    v: 1,
    schema: z.strictObject({
      command: sealed(z.array(z.string())),
      container: z.string().max(64).exactOptional(),
    }),
  },
  MachineStarted: { v: 1, schema: z.strictObject({ ...observed, reach, imageDigest: z.string().max(256) }) },
  MachineExited: { v: 1, schema: z.strictObject({ ...observed, exit: exitRecord }) },
  MachineStopped: { v: 1, schema: z.strictObject(observed) },
  MachineSuspended: { v: 1, schema: z.strictObject(observed) },
  MachineFailed: {
    v: 1,
    schema: z.strictObject({ ...observed, code: z.string().max(64), message: z.string().max(2048) }),
  },
  MachineChecksChanged: {
    v: 1,
    schema: z.strictObject({ ...observed, checks: z.array(checkStatus).max(64) }),
  },
  MachineHostLost: { v: 1, schema: z.strictObject({ host: hostId }) },
  MachineHostReturned: { v: 1, schema: z.strictObject({ host: hostId }) },
  MachineDestroyed: { v: 1, schema: nothing },
} satisfies ContractsOf<MachineEvent>;

const named = z.strictObject({ app: appId, name: z.string().max(63), machine: machineId });

export const machineNameContracts = {
  MachineNameTaken: { v: 1, schema: named },
  MachineNameReleased: { v: 1, schema: named },
} satisfies ContractsOf<MachineNameEvent>;
