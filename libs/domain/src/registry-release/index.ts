import type { Aggregate } from '../decider.js';
import type { RegistryReleaseEvent } from './events.js';

export type * from './events.js';

export interface RegistryReleaseState {
  readonly status: 'open' | 'released' | 'refused';
}

/** One request for a registry credential and how it ended. Its id is the request's. */
export const registryReleaseAggregate: Aggregate<RegistryReleaseState, RegistryReleaseEvent> = {
  type: 'registry-release',
  initial: { status: 'open' },
  evolve: (_state, { type }) => ({ status: type === 'RegistryCredentialReleased' ? 'released' : 'refused' }),
};
