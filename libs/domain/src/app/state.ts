import type { AppId, OrganizationId } from '../ids.js';

interface Identified {
  readonly app: AppId;
  readonly organization: OrganizationId;
  readonly name: string;
}

export type AppState =
  | { readonly status: 'absent' }
  | ({
      readonly status: 'active';
      readonly number: number;
      readonly network: string;
      readonly networkId: number;
    } & Identified)
  | ({ readonly status: 'deleted' } & Identified);
