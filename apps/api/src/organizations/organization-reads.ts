import type { OrganizationId } from '@bulkhead/domain';
import { RetryableError } from '@bulkhead/contracts';
import type { DataSource } from 'typeorm';
import { OrganizationRow } from '../read-model/entities.js';
import { organizationAnswerOf } from './organization-answer.js';

/** What was made can't be shown yet because the read model is behind: the same key asks again without making it twice. */
export const notYetReadable = (what: string) =>
  new RetryableError(
    'read_behind',
    `the ${what} is made but can't be read yet; ask again with the same Idempotency-Key`,
    1_000,
    {
      status: 504,
    },
  );

export async function readOrganization(source: DataSource, id: OrganizationId) {
  const row = await source.getRepository(OrganizationRow).findOneBy({ id });
  if (!row) throw notYetReadable('organization');
  return organizationAnswerOf(row);
}
