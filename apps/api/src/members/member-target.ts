import { notFound } from '@bulkhead/auth';
import { userId } from '@bulkhead/contracts';
import type { OrganizationId } from '@bulkhead/domain';
import type { Api } from '../api.js';
import { organizationParams } from '../operations/shapes.js';

export const memberParams = organizationParams.extend({ user: userId });

/** The organization that a platform operation names. @throws TerminalError `not_found` */
export async function organizationNamed(
  { targets }: Pick<Api, 'targets'>,
  name: string,
): Promise<OrganizationId> {
  const target = await targets.organization(name);
  if (!target) throw notFound('organization');
  return target.organization;
}
