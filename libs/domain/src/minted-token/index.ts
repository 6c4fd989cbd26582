import type { Aggregate } from '../decider.js';
import type { MintedTokenEvent } from './events.js';

export type * from './events.js';

export interface MintedTokenState {
  readonly status: 'absent' | 'minted';
}

/** One token that the vault has signed. Its id is the token's UUID. */
export const mintedTokenAggregate: Aggregate<MintedTokenState, MintedTokenEvent> = {
  type: 'minted-token',
  initial: { status: 'absent' },
  evolve: () => ({ status: 'minted' }),
};
