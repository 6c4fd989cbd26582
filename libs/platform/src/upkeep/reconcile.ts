import type { JournalSurplus, ReconciledJournal } from '@bulkhead/contracts/commands/upkeep';
import { adoptSurplus, giveUpSurplus, PostgresReconcileStore, surplusOf } from '@bulkhead/journal';
import { TerminalError } from '@bulkhead/contracts';
import type { Upkept } from './upkept.js';

const SHOWN = 100;

/** What the stream holds beyond the journal. */
export async function journalSurplus(upkept: Upkept): Promise<JournalSurplus> {
  const surplus = await surplusOf(optionsOf(upkept));
  return {
    total: surplus.length,
    envelopes: surplus.slice(0, SHOWN).map(({ record, id, aggregate }) => ({ ...record, id, aggregate })),
  };
}

/**
 * Repairs a journal that lost commits which its stream still has: takes them in again, or gives them up in a new epoch.
 * @throws TerminalError `no_surplus` where there is nothing to take in, `surplus_contradicts` where it doesn't fit the journal.
 */
export async function reconcileJournal(
  upkept: Upkept,
  how: 'adopt' | 'new-epoch',
): Promise<ReconciledJournal> {
  const repairs = new PostgresReconcileStore(upkept.database, upkept.service, upkept.schema);
  if (how === 'new-epoch') return { adopted: 0, epoch: await giveUpSurplus(repairs) };
  const surplus = await surplusOf(optionsOf(upkept));
  if (surplus.length === 0)
    throw new TerminalError('no_surplus', 'the stream holds nothing that the journal does not have', {
      status: 409,
    });
  const adopted = await adoptSurplus(repairs, optionsOf(upkept)).catch((error: unknown) => {
    throw new TerminalError(
      'surplus_contradicts',
      'what the stream holds does not follow the journal; give it up in a new epoch',
      { status: 409, cause: error, operator: String(error) },
    );
  });
  await upkept.adopted?.([...new Set(surplus.map(({ aggregate }) => aggregate))]);
  return { adopted, epoch: null };
}

const optionsOf = ({ service, store, streams, limits }: Upkept) => ({
  service,
  store,
  streams,
  ...(limits ? { limits } : {}),
});
