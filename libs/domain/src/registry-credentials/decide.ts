import { never, Refusal } from '../decider.js';
import type { RegistryCredentialsCommand } from './commands.js';
import type { RegistryCredentialsEvent } from './events.js';
import type { RegistryCredentialsState } from './state.js';

/** Registries of one organization. */
export const MOST_REGISTRIES = 64;

/** To set one again is a change each time: the password is another, or was set again on purpose. */
export function decideRegistryCredentials(
  command: RegistryCredentialsCommand,
  { registries }: RegistryCredentialsState,
): readonly RegistryCredentialsEvent[] {
  const { organization } = command;
  switch (command.type) {
    case 'set': {
      const { registry } = command;
      if (!registries.includes(registry) && registries.length >= MOST_REGISTRIES)
        throw new Refusal(
          'quota_exceeded',
          `an organization has credentials for at most ${MOST_REGISTRIES} registries; remove one first`,
          422,
          { quota: 'registries', limit: MOST_REGISTRIES, used: registries.length, asked: 1 },
        );
      return [{ type: 'RegistryCredentialSet', data: { organization, registry } }];
    }
    case 'remove': {
      const { registry } = command;
      if (!registries.includes(registry)) throw new Refusal('not_found', 'registry not found', 404);
      return [{ type: 'RegistryCredentialRemoved', data: { organization, registry } }];
    }
    case 'clear':
      return registries.map((registry) => ({
        type: 'RegistryCredentialRemoved',
        data: { organization, registry },
      }));
    default:
      return never(command);
  }
}
