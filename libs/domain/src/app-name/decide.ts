import { never, Refusal } from '../decider.js';
import type { AppNameCommand } from './commands.js';
import type { AppNameEvent } from './events.js';
import type { AppNameState } from './state.js';

export function decideAppName(command: AppNameCommand, state: AppNameState): readonly AppNameEvent[] {
  const { type, name, app } = command;
  const isHolder = state.status === 'taken' && state.app === app;
  switch (type) {
    case 'take':
      if (isHolder) return [];
      if (state.status === 'taken')
        throw new Refusal('name_taken', 'Name has already been taken', 422, { name });
      return [{ type: 'AppNameTaken', data: { name, app } }];
    case 'release':
      return isHolder ? [{ type: 'AppNameReleased', data: { name, app } }] : [];
    default:
      return never(type);
  }
}
