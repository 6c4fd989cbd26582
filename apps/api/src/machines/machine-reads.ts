import type { MachineId } from '@bulkhead/domain';
import { notFound } from '@bulkhead/auth';
import { In, type DataSource } from 'typeorm';
import type { Api } from '../api.js';
import { MachineRow, SchedulerEventRow } from '../read-model/entities.js';
import { answerOf, factsOfRow, type MachineAnswer } from './machine-answer.js';
import { tellEvent, TOLD_TYPES, type MachineEventAnswer } from './machine-events.js';

/** How many events stand in a machine's own answer. */
const EVENTS_SHOWN = 20;

/** Events of a machine, newest first. */
export async function machineEvents(
  source: DataSource,
  machine: MachineId,
  limit: number,
): Promise<MachineEventAnswer[]> {
  const rows = await source.getRepository(SchedulerEventRow).find({
    where: { aggregate: `machine/${machine}`, type: In([...TOLD_TYPES]) },
    order: { position: 'DESC', place: 'DESC' },
    take: limit,
  });
  return rows.flatMap(tellEvent);
}

/** @throws TerminalError `not_found` */
export async function readMachine(source: DataSource, machine: MachineId): Promise<MachineRow> {
  const row = await source.getRepository(MachineRow).findOneBy({ id: machine });
  if (!row) throw notFound('machine');
  return row;
}

/** A machine with everything that its answer shows. */
export async function wholeMachine(
  { source, sealer, freshness }: Pick<Api, 'source' | 'sealer' | 'freshness'>,
  row: MachineRow,
  nonce?: string,
): Promise<MachineAnswer> {
  const [events, staleSince] = await Promise.all([
    machineEvents(source, row.id, EVENTS_SHOWN),
    freshness.staleSince('scheduler', `machine/${row.id}`),
  ]);
  return answerOf(sealer, factsOfRow(row), { events, nonce, ...(staleSince ? { staleSince } : {}) });
}
