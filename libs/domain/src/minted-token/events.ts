import type { DomainEvent } from '../decider.js';
import type { OrganizationId } from '../ids.js';

/** A token was signed with an organization's root key: what nobody recorded elsewhere shows here. */
export type MintedTokenEvent = DomainEvent<
  'TokenMinted',
  {
    readonly organization: OrganizationId;
    readonly key: string;
    /** The token's UUID, which all tokens that are narrowed from it share. */
    readonly uuid: string;
  }
>;
