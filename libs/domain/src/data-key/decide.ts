import { never, Refusal } from '../decider.js';
import type { DataKeyCommand } from './commands.js';
import type { DataKeyEvent } from './events.js';
import type { DataKeyState } from './state.js';

/** A destroyed key stays destroyed: a new one would let erased and living data pass for each other. */
export function decideDataKey(command: DataKeyCommand, { status }: DataKeyState): readonly DataKeyEvent[] {
  const { scope } = command;
  switch (command.type) {
    case 'create':
      if (status === 'destroyed')
        throw new Refusal(
          'data_key_destroyed',
          `the data of ${scope} was erased; its key is never made again`,
          410,
        );
      return status === 'active' ? [] : [{ type: 'DataKeyCreated', data: { scope } }];
    case 'destroy':
      return status === 'destroyed'
        ? []
        : [{ type: 'DataKeyDestroyed', data: { scope, reason: command.reason } }];
    default:
      return never(command);
  }
}
