import type { Decider } from '../decider.js';
import type { RegistryCredentialsCommand } from './commands.js';
import { decideRegistryCredentials } from './decide.js';
import type { RegistryCredentialsEvent } from './events.js';
import { evolveRegistryCredentials } from './evolve.js';
import type { RegistryCredentialsState } from './state.js';

export type * from './commands.js';
export type * from './events.js';
export type * from './state.js';
export { MOST_REGISTRIES } from './decide.js';

/** Its id is the organization's. */
export const registryCredentialsAggregate: Decider<
  RegistryCredentialsState,
  RegistryCredentialsCommand,
  RegistryCredentialsEvent
> = {
  type: 'registry-credentials',
  initial: { registries: [] },
  evolve: evolveRegistryCredentials,
  decide: decideRegistryCredentials,
};
