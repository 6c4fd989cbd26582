import { organizationId } from '@bulkhead/contracts';
import type { AppId, MachineId, OrganizationId } from '@bulkhead/domain';
import type { DataSource } from 'typeorm';
import { AppRow, MachineRow, OrganizationRow } from './entities.js';

/** An app named in a request, found. */
export interface AppTarget {
  readonly organization: OrganizationId;
  readonly organizationSlug: string;
  readonly app: AppId;
  readonly appName: string;
}
export interface MachineTarget extends AppTarget {
  readonly machine: MachineId;
}
export interface OrganizationTarget {
  readonly organization: OrganizationId;
  readonly organizationSlug: string;
}

/** Finds what requests are about by the names that clients use. */
export interface Targets {
  /** By slug or id: an id's underscore is in no slug. */
  organization(name: string): Promise<OrganizationTarget | null>;
  app(name: string): Promise<AppTarget | null>;
  /** Also one that is destroyed: its events stay readable. */
  machine(app: AppTarget, id: string): Promise<MachineTarget | null>;
  /** The name of the app that a machine belongs to. */
  appOfMachine(id: string): Promise<string | null>;
}

export const targetsOf = (source: DataSource): Targets => ({
  async organization(name) {
    const id = organizationId.safeParse(name);
    const named = id.success ? { id: id.data } : { slug: name };
    const row = await source.getRepository(OrganizationRow).findOneBy({ ...named, deleted: false });
    return row && { organization: row.id, organizationSlug: row.slug };
  },
  async app(name) {
    const row = await source.getRepository(AppRow).findOneBy({ name, deleted: false });
    if (!row) return null;
    const owner = await source.getRepository(OrganizationRow).findOneByOrFail({ id: row.organization });
    return { organization: row.organization, organizationSlug: owner.slug, app: row.id, appName: row.name };
  },
  async machine(app, id) {
    const row = await source
      .getRepository(MachineRow)
      .createQueryBuilder('machine')
      .select('machine.id')
      .where({ id, app: app.app })
      .getOne();
    return row && { ...app, machine: row.id };
  },
  async appOfMachine(id) {
    const row = await source
      .getRepository(AppRow)
      .createQueryBuilder('app')
      .innerJoin(MachineRow, 'machine', 'machine.app = app.id and not app.deleted')
      .where('machine.id = :id', { id })
      .getOne();
    return row?.name ?? null;
  },
});
