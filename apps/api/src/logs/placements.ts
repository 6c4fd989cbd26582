import type { AppId, MachineId } from '@bulkhead/domain';
import type { Sql } from '@bulkhead/journal';
import { z } from 'zod';

export interface HostedMachine {
  readonly host: string;
  readonly machine: MachineId;
}

/** Which machines of an app are or were placed where. */
export interface Placements {
  /** Those of `asked` that the scheduler's journal has. */
  of(app: AppId, asked: readonly HostedMachine[]): Promise<readonly HostedMachine[]>;
}

const row = z.object({ host: z.string(), machine: z.string() });

/** As the events of machines tell it, of destroyed ones too. */
export const placementsOf = (sql: Sql): Placements => ({
  async of(app, asked) {
    const rows = await sql.query(
      `select distinct a.host, a.machine
       from unnest($2::text[], $3::text[]) as a(host, machine)
         join scheduler_event created on created.aggregate = 'machine/' || a.machine
         join scheduler_event placed on placed.aggregate = created.aggregate
       where created.type = 'MachineCreated' and created.data->>'app' = $1
         and placed.type = 'MachinePlaced' and placed.data->>'host' = a.host`,
      [app, asked.map(({ host }) => host), asked.map(({ machine }) => machine)],
    );
    return rows.map((found) => row.parse(found) as HostedMachine);
  },
});
