import type { OrganizationId } from '../ids.js';

export type OrganizationCommand =
  | {
      readonly type: 'create';
      readonly organization: OrganizationId;
      readonly slug: string;
      readonly number: number;
      readonly kind: 'personal' | 'shared';
      readonly networkId: number;
    }
  | { readonly type: 'delete' };
