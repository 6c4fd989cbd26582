import { never } from '../decider.js';
import type { RegistryCredentialsEvent } from './events.js';
import type { RegistryCredentialsState } from './state.js';

export function evolveRegistryCredentials(
  { registries }: RegistryCredentialsState,
  event: RegistryCredentialsEvent,
): RegistryCredentialsState {
  const others = registries.filter((registry) => registry !== event.data.registry);
  switch (event.type) {
    case 'RegistryCredentialSet':
      return { registries: [...others, event.data.registry] };
    case 'RegistryCredentialRemoved':
      return { registries: others };
    default:
      return never(event);
  }
}
