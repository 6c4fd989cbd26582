import { never, Refusal } from '../decider.js';
import { isDnsLabel, isShortNumber } from '../formats.js';
import type { AppCommand } from './commands.js';
import type { AppEvent } from './events.js';
import type { AppState } from './state.js';

export function decideApp(command: AppCommand, state: AppState): readonly AppEvent[] {
  switch (command.type) {
    case 'create': {
      if (state.status !== 'absent')
        throw new Refusal('already_exists', `app ${command.app} already exists`, 409);
      const { type: _, ...data } = command;
      if (!isDnsLabel(data.name))
        throw new Refusal('invalid_name', `${JSON.stringify(data.name)} is not a DNS label`, 422);
      if (!isShortNumber(data.number) || !isShortNumber(data.networkId))
        throw new Refusal('invalid_number', 'numbers of an app are whole and below 2^31', 422);
      return [{ type: 'AppCreated', data }];
    }
    case 'delete': {
      if (state.status !== 'active') throw new Refusal('not_found', 'app not found', 404);
      const { app, organization, name } = state;
      return [{ type: 'AppDeleted', data: { app, organization, name } }];
    }
    default:
      return never(command);
  }
}
