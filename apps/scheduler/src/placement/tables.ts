import {
  isJoined,
  isReplaceable,
  usedOf,
  type AppId,
  type Candidate,
  type HostState,
  type LivingMachine,
  type MachineId,
} from '@bulkhead/domain';
import { hostId } from '@bulkhead/contracts';
import type { Decision, Sql } from '@bulkhead/journal';
import { z } from 'zod';

/** Tables that placement reads. They are written in the transactions of decisions, so they are never behind the journal. */

const candidateRow = z.object({
  id: hostId,
  name: z.string(),
  region: z.string(),
  labels: z.record(z.string(), z.string()),
  status: z.enum(['ready', 'lost']),
  cordoned: z.boolean(),
  cpus: z.number(),
  memory_mb: z.number(),
  disk_mb: z.number(),
  used_cpus: z.number(),
  used_memory_mb: z.number(),
  used_disk_mb: z.number(),
  siblings: z.number(),
});

/** Every host there is, as placement of a machine of an app sees it. */
export async function candidates(sql: Sql, app: AppId): Promise<Candidate[]> {
  const rows = await sql.query(
    `select h.id, h.name, h.region, h.labels, h.status, h.cordoned, h.cpus, h.memory_mb, h.disk_mb,
            h.used_cpus, h.used_memory_mb, h.used_disk_mb, coalesce(s.machines, 0) as siblings
     from host h left join (select host, count(*)::int as machines from placement where app = $1 group by host) s on s.host = h.id
     where h.status <> 'removed'`,
    [app],
  );
  return rows.map((row) => {
    const host = candidateRow.parse(row);
    return {
      host: host.id,
      name: host.name,
      region: host.region,
      labels: host.labels,
      capacity: { cpus: host.cpus, memoryMb: host.memory_mb, diskMb: host.disk_mb },
      used: { cpus: host.used_cpus, memoryMb: host.used_memory_mb, diskMb: host.used_disk_mb },
      cordoned: host.cordoned,
      lost: host.status === 'lost',
      siblings: host.siblings,
    };
  });
}

/** Writes a host down as its events left it. */
export async function keepHost(decision: Decision, state: HostState): Promise<void> {
  if (state.status === 'removed')
    await decision.sql(`update host set status = 'removed' where id = $1`, [state.host]);
  if (!isJoined(state)) return;
  const { host, name, number, region, labels, status, cordoned, capacity, forward } = state;
  const used = usedOf(state);
  await decision.sql(
    `insert into host (id, name, number, region, labels, status, cordoned, cpus, memory_mb, disk_mb,
       used_cpus, used_memory_mb, used_disk_mb, forward)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (id) do update set region = excluded.region, labels = excluded.labels, status = excluded.status,
       cordoned = excluded.cordoned, cpus = excluded.cpus, memory_mb = excluded.memory_mb, disk_mb = excluded.disk_mb,
       used_cpus = excluded.used_cpus, used_memory_mb = excluded.used_memory_mb, used_disk_mb = excluded.used_disk_mb, forward = excluded.forward`,
    [
      host,
      name,
      number,
      region,
      JSON.stringify(labels),
      status,
      cordoned,
      capacity.cpus,
      capacity.memoryMb,
      capacity.diskMb,
      used.cpus,
      used.memoryMb,
      used.diskMb,
      forward === null ? null : JSON.stringify(forward),
    ],
  );
}

/** Writes down where a machine is, and whether it may be placed again by itself. */
export async function keepPlacement(decision: Decision, machine: LivingMachine): Promise<void> {
  if (!machine.placement) return;
  await decision.sql(
    `insert into placement (machine, app, organization, host, epoch, count, host_lost, replaceable)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (machine) do update set host = excluded.host, epoch = excluded.epoch, count = excluded.count,
       host_lost = excluded.host_lost, replaceable = excluded.replaceable`,
    [
      machine.machine,
      machine.app,
      machine.organization,
      machine.placement.host,
      machine.placement.generation.epoch,
      machine.placement.generation.count,
      machine.hostLost,
      isReplaceable(machine.config.metadata),
    ],
  );
}

export async function forgetPlacement(decision: Decision, machine: MachineId): Promise<void> {
  await decision.sql(
    'with gone as (delete from lease where machine = $1) delete from placement where machine = $1',
    [machine],
  );
}
