import { newId } from '@bulkhead/contracts';
import { placementResult, type PlacementResult } from '@bulkhead/contracts/commands/scheduler';
import type { MachineId } from '@bulkhead/domain';
import type { CommandBus } from '@bulkhead/journal';

/** Where a machine is placed now, or null where it is nowhere. */
export type Placements = (machine: MachineId) => Promise<PlacementResult['placement']>;

/** Shorter than a host waits for the vault. */
const PATIENCE = { deadlineMs: 2_000, answerMs: 1_000 };

/** Asks the scheduler. @throws RetryableError while it does not answer. */
export const placementsBy =
  (commands: Pick<CommandBus, 'command'>): Placements =>
  async (machine) => {
    const asked = { id: newId(), input: { machine } };
    return (await commands.command('scheduler', 'placement', asked, placementResult, PATIENCE)).result
      .placement;
  };
