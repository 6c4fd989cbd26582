import { discardParked } from './discard-parked.js';
import { getHistory } from './get-history.js';
import { getReplay } from './get-replay.js';
import { getJournalSurplus } from './get-surplus.js';
import { listJournals } from './list-journals.js';
import { listParked } from './list-parked.js';
import { listServices } from './list-services.js';
import { reconcileJournal } from './reconcile-journal.js';
import { retryParked } from './retry-parked.js';
import { startReplay } from './start-replay.js';

export const upkeepOperations = [
  listServices,
  listJournals,
  getJournalSurplus,
  reconcileJournal,
  listParked,
  retryParked,
  discardParked,
  startReplay,
  getReplay,
  getHistory,
] as const;
