import { isBulkheadError, TerminalError, toTimestamp } from '@bulkhead/contracts';
import type { ParkedWork } from '@bulkhead/contracts/commands/upkeep';
import { PostgresReaderStore, PostgresReactorStore } from '@bulkhead/journal';
import type { Upkept } from './upkept.js';

const SHOWN = 200;
const SHOWN_ERROR = 1_000;

/** One thing that a reader parked: an aggregate of a projection, a position of a reactor. */
export interface ParkedName {
  readonly reader: string;
  readonly work: string;
}

/** What projections and reactors of a service parked. */
export async function parkedWork({ database, schema }: Upkept): Promise<ParkedWork> {
  const [aggregates, messages] = await Promise.all([
    new PostgresReaderStore(database, schema).parked(),
    new PostgresReactorStore(database, schema).parkedMessages(),
  ]);
  const parked = [
    ...aggregates.map((row) => ({ ...row, kind: 'projection' as const, work: row.aggregate })),
    ...messages.map((row) => ({ ...row, kind: 'reactor' as const, work: String(row.position) })),
  ];
  const shown = parked.slice(0, SHOWN).map(({ reader, kind, work, aggregate, position, error, at }) => ({
    reader,
    kind,
    work,
    aggregate,
    position,
    error: error.slice(0, SHOWN_ERROR),
    at: toTimestamp(at),
  }));
  return { total: parked.length, parked: shown };
}

/** Does it again. @throws TerminalError `not_parked` (404), `still_failing` (422) with what it ran into; it stays parked then. */
export async function retryParked(upkept: Upkept, name: ParkedName): Promise<void> {
  const retried = await retry(upkept, name).catch((error: unknown) => {
    if (isBulkheadError(error)) throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new TerminalError(
      'still_failing',
      `it fails again and stays parked: ${why.slice(0, SHOWN_ERROR)}`,
      {
        cause: error,
      },
    );
  });
  if (!retried) throw notParked(name);
}

/** Passes it over for good. @throws TerminalError `not_parked` (404) */
export async function discardParked({ database, schema }: Upkept, name: ParkedName): Promise<void> {
  const { reader, work } = name;
  const position = positionOf(work);
  const discarded =
    position === null
      ? await new PostgresReaderStore(database, schema).discard(reader, work)
      : await new PostgresReactorStore(database, schema).discardMessage(reader, position);
  if (!discarded) throw notParked(name);
}

async function retry({ projections, reactors = {} }: Upkept, { reader, work }: ParkedName): Promise<boolean> {
  const position = positionOf(work);
  const reactor = Object.hasOwn(reactors, reader) ? reactors[reader] : undefined;
  if (position !== null) return (await reactor?.retry(position)) ?? false;
  const projection = projections.find(({ definition }) => definition.name === reader);
  return (await projection?.projector.retry(work)) ?? false;
}

const positionOf = (work: string): number | null => (/^\d{1,15}$/.test(work) ? Number(work) : null);

const notParked = ({ reader, work }: ParkedName) =>
  new TerminalError('not_parked', `${reader} has parked no ${work}`, { status: 404 });
