import type { AppId, OrganizationId } from '@bulkhead/domain';
import type { Caller } from '@bulkhead/auth';
import DataLoader from 'dataloader';
import { In, type DataSource } from 'typeorm';
import type { Api } from '../api.js';
import { machineCounts } from '../apps/app-answer.js';
import type { RequestFacts } from '../operations/perform.js';
import { AppRow, OrganizationRow } from '../read-model/entities.js';

/** What every resolver of one request has. */
export interface GraphqlContext {
  readonly api: Api;
  readonly facts: RequestFacts;
  readonly caller: Caller;
  readonly loaders: Loaders;
}

/** Look-ups of one request, gathered so that a list asks once and not once per item. */
export interface Loaders {
  readonly organizations: DataLoader<OrganizationId, OrganizationRow>;
  readonly apps: DataLoader<AppId, AppRow>;
  readonly machineCounts: DataLoader<AppId, number>;
}

export const loadersOf = (source: DataSource): Loaders => ({
  organizations: new DataLoader(async (ids) =>
    inOrder(ids, await source.getRepository(OrganizationRow).findBy({ id: In([...ids]) })),
  ),
  apps: new DataLoader(async (ids) =>
    inOrder(ids, await source.getRepository(AppRow).findBy({ id: In([...ids]) })),
  ),
  machineCounts: new DataLoader(async (ids) => {
    const counts = await machineCounts(source, ids);
    return ids.map((id) => counts.get(id) ?? 0);
  }),
});

function inOrder<Id extends string, Row extends { readonly id: Id }>(
  ids: readonly Id[],
  rows: readonly Row[],
): (Row | Error)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? new Error(`${id} is missing in the read model`));
}
