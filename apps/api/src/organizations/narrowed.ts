import type { OrganizationId } from '@bulkhead/domain';
import { notFound } from '@bulkhead/auth';
import type { Api } from '../api.js';

/**
 * What a list shows of what the caller may see, where the request names one organization.
 * @throws TerminalError `not_found` for one that the caller may not know of
 */
export async function narrowed(
  { targets }: Pick<Api, 'targets'>,
  visible: OrganizationId | 'all',
  named: string | undefined,
): Promise<OrganizationId | 'all'> {
  if (named === undefined) return visible;
  const target = await targets.organization(named);
  if (!target || (visible !== 'all' && visible !== target.organization)) throw notFound('organization');
  return target.organization;
}
