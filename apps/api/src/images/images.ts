import type { OrganizationId, ResolvedImage } from '@bulkhead/domain';

/** What image references stand for. */
export interface Images {
  /**
   * As the organization may see it at this moment, or seconds ago.
   * @throws TerminalError `image_not_found`, `image_unauthorized`, `image_platform_missing` and the like where no machine could ever
   * run it; RetryableError `registry_unreachable` and the like where it can't be known now.
   */
  resolve(organization: OrganizationId, reference: string): Promise<ResolvedImage>;
}
