import { never, Refusal } from '../decider.js';
import { isDnsLabel, isShortNumber } from '../formats.js';
import type { OrganizationCommand } from './commands.js';
import type { OrganizationEvent } from './events.js';
import type { OrganizationState } from './state.js';

export function decideOrganization(
  command: OrganizationCommand,
  state: OrganizationState,
): readonly OrganizationEvent[] {
  switch (command.type) {
    case 'create': {
      if (state.status !== 'absent')
        throw new Refusal('already_exists', `organization ${command.organization} already exists`, 409);
      const { type: _, ...data } = command;
      if (!isDnsLabel(data.slug))
        throw new Refusal('invalid_slug', `${JSON.stringify(data.slug)} is not a DNS label`, 422);
      if (!isShortNumber(data.number) || !isShortNumber(data.networkId))
        throw new Refusal('invalid_number', 'numbers of an organization are whole and below 2^31', 422);
      return [{ type: 'OrganizationCreated', data }];
    }
    case 'delete':
      if (state.status === 'absent') throw new Refusal('not_found', 'organization not found', 404);
      if (state.status === 'deleted') return [];
      return [{ type: 'OrganizationDeleted', data: { organization: state.organization } }];
    default:
      return never(command);
  }
}
