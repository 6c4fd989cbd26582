import type { AppId, OrganizationId } from '@bulkhead/domain';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { MachineRow } from '../read-model/entities.js';
import { decodeCursor, pageOf, type Page } from '../read-model/page.js';

export interface MachinesAsked {
  readonly organization: OrganizationId | 'all';
  readonly app?: AppId | undefined;
  readonly state?: string | undefined;
  readonly first: number;
  readonly after?: string | undefined;
}

const idKey = z.tuple([z.string()]);

/** Machines by id; without a state all that are not destroyed. */
export async function machinesPage(source: DataSource, asked: MachinesAsked): Promise<Page<MachineRow>> {
  const { organization, app, state, first, after } = asked;
  const found = source
    .getRepository(MachineRow)
    .createQueryBuilder('machine')
    .where({ ...(organization === 'all' ? {} : { organization }), ...(app ? { app } : {}) })
    .orderBy('machine.id')
    .take(first + 1);
  if (state) found.andWhere('machine.status = :state', { state });
  else found.andWhere("machine.status <> 'destroyed'");
  if (after) found.andWhere('machine.id > :after', { after: decodeCursor(idKey, after)[0] });
  return pageOf(await found.getMany(), first, ({ id }) => [id]);
}
