import { toTimestamp } from '@bulkhead/contracts';
import * as upkeep from '@bulkhead/contracts/commands/upkeep';
import { commandHandler, type CommandHandler, type CommandResult } from '@bulkhead/journal';
import type { z } from 'zod';
import { journalStatus } from './journal-status.js';
import { discardParked, parkedWork, retryParked } from './parked.js';
import { journalSurplus, reconcileJournal } from './reconcile.js';
import { Replays } from './replays.js';
import { stateAt } from './state-at.js';
import type { Upkept } from './upkept.js';

/**
 * The commands by which an operator looks after a service, for its table of commands. The api alone sends them, for whom it cleared.
 * @param accessTo what the service's own choke point asks for reading and for changing.
 */
export function upkeepHandlers<Access, Principal>(
  upkept: Upkept,
  accessTo: (action: 'read' | 'control') => Access,
): Readonly<Record<string, CommandHandler<Access, Principal>>> {
  const replays = new Replays(upkept);
  const handler =
    (action: 'read' | 'control') =>
    <Input>(input: z.ZodType<Input>, handle: (input: Input, id: string) => unknown) =>
      commandHandler<Access, Principal, Input>({
        callers: ['api'],
        access: accessTo(action),
        input,
        handle: async ({ id }, asked): Promise<CommandResult> => ({ result: await handle(asked, id) }),
      });
  const [read, change] = [handler('read'), handler('control')];
  return {
    about: read(upkeep.aboutRequest, () => about(upkept)),
    'journal-status': read(upkeep.journalStatusRequest, () => journalStatus(upkept)),
    'journal-surplus': read(upkeep.journalSurplusRequest, () => journalSurplus(upkept)),
    'reconcile-journal': change(upkeep.reconcileJournalRequest, ({ how }) => reconcileJournal(upkept, how)),
    parked: read(upkeep.parkedRequest, () => parkedWork(upkept)),
    'retry-parked': change(upkeep.parkedWorkRequest, (name) => retryParked(upkept, name).then(done)),
    'discard-parked': change(upkeep.parkedWorkRequest, (name) => discardParked(upkept, name).then(done)),
    'start-replay': change(upkeep.startReplayRequest, ({ projection, swap }, id) => {
      replays.start(id, projection, swap);
      return { replay: id };
    }),
    'replay-status': read(upkeep.replayStatusRequest, ({ replay }) => replays.status(replay)),
    'state-at': read(upkeep.stateAtRequest, ({ type, id, at }) =>
      stateAt(upkept, type, id, 'time' in at ? { time: new Date(at.time) } : at),
    ),
  };
}

const done = () => ({ done: true });

async function about({ service, self, now }: Upkept): Promise<upkeep.AboutResult> {
  return {
    service,
    now: toTimestamp(now()),
    certificateExpiresAt: toTimestamp(self.certificateExpiresAt()),
    waitingFor: { ...(await self.waitingFor()) },
  };
}
