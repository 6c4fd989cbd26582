import { usedOf } from '@bulkhead/domain';
import { z } from 'zod';
import type { HostRow } from '../read-model/entities.js';

const resources = z.object({ cpus: z.number(), memory_mb: z.number(), disk_mb: z.number() });

export const hostAnswer = z.object({
  id: z.string(),
  name: z.string(),
  region: z.string(),
  status: z.enum(['ready', 'lost', 'removed']),
  cordoned: z.boolean(),
  labels: z.record(z.string(), z.string()),
  capacity: resources,
  used: resources,
  machine_count: z.int(),
  created_at: z.string(),
  updated_at: z.string(),
});

export function hostAnswerOf({ state, ...row }: HostRow): z.input<typeof hostAnswer> {
  return {
    id: row.id,
    name: row.name,
    region: row.region,
    status: row.status,
    cordoned: state.cordoned,
    labels: { ...state.labels },
    capacity: inWords(state.capacity),
    used: inWords(usedOf(state)),
    machine_count: Object.keys(state.holdings).length,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

const inWords = ({ cpus, memoryMb, diskMb }: HostRow['state']['capacity']) => ({
  cpus,
  memory_mb: memoryMb,
  disk_mb: diskMb,
});
