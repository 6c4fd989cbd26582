import type { AppId } from '@bulkhead/domain';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { MachineRow, OrganizationRow, type AppRow } from '../read-model/entities.js';

export const appAnswer = z.object({
  id: z.string(),
  name: z.string(),
  internal_numeric_id: z.int(),
  network: z.string(),
  /** `deployed` once it has machines. */
  status: z.enum(['deployed', 'pending']),
  machine_count: z.int(),
  volume_count: z.int(),
  organization: z.object({ name: z.string(), slug: z.string(), internal_numeric_id: z.int() }),
  created_at: z.string(),
});
export type AppAnswer = z.input<typeof appAnswer>;

/** Shows apps with what other tables know of them, each asked once for all. */
export async function appAnswers(source: DataSource, rows: readonly AppRow[]): Promise<AppAnswer[]> {
  if (rows.length === 0) return [];
  const [owners, counts] = await Promise.all([
    source.getRepository(OrganizationRow).findBy(rows.map(({ organization }) => ({ id: organization }))),
    machineCounts(
      source,
      rows.map(({ id }) => id),
    ),
  ]);
  const ownerById = new Map(owners.map((owner) => [owner.id, owner]));
  return rows.map((row) => {
    const owner = ownerById.get(row.organization);
    const machines = counts.get(row.id) ?? 0;
    return {
      id: row.id,
      name: row.name,
      internal_numeric_id: row.number,
      network: row.network,
      status: machines > 0 ? 'deployed' : 'pending',
      machine_count: machines,
      volume_count: 0,
      organization: {
        name: owner?.slug ?? '',
        slug: owner?.slug ?? '',
        internal_numeric_id: owner?.number ?? 0,
      },
      created_at: row.createdAt.toISOString(),
    };
  });
}

const countRow = z.object({ app: z.string(), count: z.coerce.number() });

/** How many machines that are not destroyed each of these apps has; none, where an app is missing. */
export async function machineCounts(
  source: DataSource,
  apps: readonly AppId[],
): Promise<Map<string, number>> {
  const counted: unknown = await source
    .getRepository(MachineRow)
    .createQueryBuilder('machine')
    .select('machine.app', 'app')
    .addSelect('count(*)', 'count')
    .where("machine.app = any(:apps) and machine.status <> 'destroyed'", { apps })
    .groupBy('machine.app')
    .getRawMany();
  return new Map(
    z
      .array(countRow)
      .parse(counted)
      .map(({ app, count }) => [app, count]),
  );
}
