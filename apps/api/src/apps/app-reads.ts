import type { OrganizationId } from '@bulkhead/domain';
import { MoreThan, type DataSource } from 'typeorm';
import { z } from 'zod';
import { AppRow } from '../read-model/entities.js';
import { decodeCursor, pageOf, type Page } from '../read-model/page.js';

const nameKey = z.tuple([z.string()]);

/** Apps by name, of one organization or of all. */
export async function appsPage(
  source: DataSource,
  organization: OrganizationId | 'all',
  { first, after }: { readonly first: number; readonly after?: string | undefined },
): Promise<Page<AppRow>> {
  const found = source
    .getRepository(AppRow)
    .createQueryBuilder('app')
    .where({ deleted: false, ...(organization === 'all' ? {} : { organization }) })
    .orderBy('app.name')
    .take(first + 1);
  if (after) found.andWhere({ name: MoreThan(decodeCursor(nameKey, after)[0]) });
  return pageOf(await found.getMany(), first, ({ name }) => [name]);
}
