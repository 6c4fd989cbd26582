import type { OrganizationId } from '../ids.js';

export interface OrganizationSlugCommand {
  readonly type: 'take';
  readonly slug: string;
  readonly organization: OrganizationId;
}
