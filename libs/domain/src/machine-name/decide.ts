import { never, Refusal } from '../decider.js';
import { isDnsLabel } from '../formats.js';
import type { MachineNameCommand } from './commands.js';
import type { MachineNameEvent } from './events.js';
import type { MachineNameState } from './state.js';

export function decideMachineName(
  { type, app, name, machine }: MachineNameCommand,
  state: MachineNameState,
): readonly MachineNameEvent[] {
  const isHolder = state.status === 'taken' && state.machine === machine;
  switch (type) {
    case 'take':
      if (!isDnsLabel(name))
        throw new Refusal('invalid_name', `machine name ${JSON.stringify(name)} is not a DNS label`, 422);
      if (isHolder) return [];
      if (state.status === 'taken')
        throw new Refusal(
          'already_exists',
          `already_exists: unique machine name violation, machine ID ${state.machine} already exists with name "${name}"`,
          409,
          { machine: state.machine },
        );
      return [{ type: 'MachineNameTaken', data: { app, name, machine } }];
    case 'release':
      return isHolder ? [{ type: 'MachineNameReleased', data: { app, name, machine } }] : [];
    default:
      return never(type);
  }
}
