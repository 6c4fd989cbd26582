import type { OrganizationId } from '../ids.js';

export type OrganizationState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'active';
      readonly organization: OrganizationId;
      readonly slug: string;
      readonly number: number;
      readonly kind: 'personal' | 'shared';
      readonly networkId: number;
    }
  | { readonly status: 'deleted'; readonly organization: OrganizationId; readonly slug: string };
