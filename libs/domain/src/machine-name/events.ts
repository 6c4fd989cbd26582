import type { DomainEvent } from '../decider.js';
import type { AppId, MachineId } from '../ids.js';

/** A machine's name within its app; the aggregate's id is `<app>/<name>`, so that a name is given once. */
export type MachineNameEvent =
  | DomainEvent<
      'MachineNameTaken',
      { readonly app: AppId; readonly name: string; readonly machine: MachineId }
    >
  | DomainEvent<
      'MachineNameReleased',
      { readonly app: AppId; readonly name: string; readonly machine: MachineId }
    >;
