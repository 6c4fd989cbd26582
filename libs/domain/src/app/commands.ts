import type { AppId, OrganizationId } from '../ids.js';

export type AppCommand =
  | {
      readonly type: 'create';
      readonly app: AppId;
      readonly organization: OrganizationId;
      readonly name: string;
      readonly number: number;
      readonly network: string;
      readonly networkId: number;
    }
  | { readonly type: 'delete' };
