import { isLiving, machineAggregate, Refusal } from '@bulkhead/domain';
import { TerminalError } from '@bulkhead/contracts';
import { setMetadata as input } from '@bulkhead/contracts/commands/scheduler';
import { metadata as metadataSchema } from '@bulkhead/contracts/machine-config';
import { handler } from '../access/handler.js';
import { assertStillUnleased, assertUnleased } from '../leases/leases.js';
import type { Scheduler } from '../scheduler.js';
import { commandOf, commitMachine, loadMachine } from './change-machine.js';

type Metadata = Readonly<Record<string, string>>;

/** Sets and removes keys of a machine's metadata, or replaces all of it. Its version stays. */
export const setMetadata = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'write', on: 'machine' },
    input,
    handle: (context, asked) => {
      const command = commandOf(scheduler, context, asked);
      return scheduler.journal.execute(command, async (decision) => {
        const loaded = await loadMachine(decision, asked);
        const { state } = loaded;
        if (!isLiving(state)) throw new Refusal('not_found', 'machine not found', 404);
        await assertUnleased(scheduler.database, asked);
        assertVersion(asked.machineVersion, state.instance);
        const metadata = changed(asked.replace ? {} : (state.config.metadata ?? {}), asked.changes);
        await commitMachine(
          decision,
          loaded,
          machineAggregate.decide({ type: 'set-metadata', metadata }, state),
        );
        await assertStillUnleased(decision, asked);
        return { metadata };
      });
    },
  });

function assertVersion(read: string | undefined, now: string): void {
  if (read === undefined || read === now) return;
  throw new Refusal(
    'failed_precondition',
    `failed_precondition: machine version is ${now}, not ${read}`,
    412,
  );
}

/** @throws TerminalError where the metadata would not be one any more. */
function changed(before: Metadata, changes: Readonly<Record<string, string | null>>): Metadata {
  const kept = Object.entries({ ...before, ...changes }).filter(([, value]) => value !== null);
  const parsed = metadataSchema.safeParse(Object.fromEntries(kept));
  if (parsed.success) return parsed.data;
  const problem = parsed.error.issues[0];
  throw new TerminalError(
    'invalid_metadata',
    `metadata ${problem?.path.join('.') ?? ''}: ${problem?.message ?? ''}`,
    {
      status: 422,
    },
  );
}
