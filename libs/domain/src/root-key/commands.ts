import type { OrganizationId } from '../ids.js';

export type RootKeyCommand =
  | {
      readonly type: 'provide';
      readonly organization: OrganizationId;
      /** The one that caveats name the organization by. */
      readonly number: number;
      /** The new key's id; its bytes are in no event. */
      readonly key: string;
    }
  | { readonly type: 'destroy'; readonly organization: OrganizationId; readonly reason: string };
