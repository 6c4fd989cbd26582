import { TerminalError } from '@bulkhead/contracts';
import type { DataSource } from 'typeorm';
import { AppRow, HostRow, MachineRow } from '../read-model/entities.js';

type Kind = 'app' | 'machine' | 'host';

const TABLES = { app: AppRow, machine: MachineRow, host: HostRow } as const;
const SHOWN = 20;

/**
 * The id that a name leads to, which is itself where nothing is called that: the journal then says whether it is known.
 * @throws TerminalError `ambiguous_name` (409) with the ids, for a name that several bear or bore.
 */
export async function nameInHistory(source: DataSource, kind: Kind, name: string): Promise<string> {
  const named = await source
    .createQueryBuilder(TABLES[kind], 'row')
    .select('row.id', 'id')
    .where('row.name = :name', { name })
    .limit(SHOWN)
    .getRawMany<{ id: string }>();
  const [first, ...others] = named.map(({ id }) => id);
  if (others.length > 0)
    throw new TerminalError('ambiguous_name', `more than one ${kind} bears or bore this name; name its id`, {
      status: 409,
      details: { ids: [first, ...others] },
    });
  return first ?? name;
}
