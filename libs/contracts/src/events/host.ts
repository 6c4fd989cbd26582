import type { HostEvent } from '@bulkhead/domain';
import { z } from 'zod';
import type { ContractsOf } from '../event-contract.js';
import { hostId, machineId } from '../ids.js';

const nothing = z.strictObject({});
const resources = z.strictObject({
  cpus: z.number().nonnegative(),
  memoryMb: z.number().nonnegative(),
  diskMb: z.number().nonnegative(),
});
const labels = z.record(z.string().max(63), z.string().max(63));
const forward = z.strictObject({ host: z.string().max(253), port: z.int().min(1).max(65535) }).nullable();
const slot = z.int().positive();

export const hostContracts = {
  HostJoined: {
    v: 1,
    schema: z.strictObject({
      host: hostId,
      name: z.string().max(63),
      region: z.string().max(32),
      labels,
      capacity: resources,
      forward,
      number: z.int().min(1).max(0xffff),
      sealingKey: z.string().max(64),
    }),
  },
  HostChanged: {
    v: 1,
    schema: z.strictObject({ region: z.string().max(32), labels, capacity: resources, forward }),
  },
  HostCordoned: { v: 1, schema: z.strictObject({ reason: z.string().max(256) }) },
  HostUncordoned: { v: 1, schema: nothing },
  HostLost: { v: 1, schema: z.strictObject({ lastSeen: z.string().max(32) }) },
  HostReturned: { v: 1, schema: nothing },
  HostRemoved: { v: 1, schema: nothing },
  HostReportsMissed: {
    v: 1,
    schema: z.strictObject({ from: z.int(), to: z.int(), reason: z.string().max(256) }),
  },
  CapacityTaken: { v: 1, schema: z.strictObject({ machine: machineId, resources, slot }) },
  CapacityReleased: { v: 1, schema: z.strictObject({ machine: machineId, slot }) },
} satisfies ContractsOf<HostEvent>;
