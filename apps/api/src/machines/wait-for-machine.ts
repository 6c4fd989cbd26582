import { isSettled, type MachineStatus } from '@bulkhead/domain';
import { instanceId, TerminalError } from '@bulkhead/contracts';
import { machineStatus } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { list, machineParams, noBody, whole } from '../operations/shapes.js';
import { SchedulerEventRow, type MachineRow } from '../read-model/entities.js';
import { eventId, placeOf } from './machine-events.js';
import { readMachine } from './machine-reads.js';
import { machineOfPath } from './on-machine.js';

/** Default and most, in seconds. */
const MOST_S = 60;

/** Any state of a machine, and `settled`: whichever nothing but a new wish leaves. */
const awaited = z.enum([...machineStatus.options, 'settled']);
type Awaited = z.infer<typeof awaited>;

const eventPlace = z
  .string()
  .max(64)
  .transform((id, context) => {
    const place = placeOf(id);
    if (place) return place;
    context.addIssue({ code: 'custom', message: 'not the id of an event' });
    return z.NEVER;
  });

const query = z.object({
  state: list(awaited).optional(),
  version: instanceId.optional(),
  instance_id: instanceId.optional().meta({ description: 'The older name of version', deprecated: true }),
  from_event_id: eventPlace.optional(),
  timeout: whole(0, MOST_S).optional().meta({ description: 'Seconds, 60 by default' }),
});

export const waitForMachine = operation({
  name: 'machines.wait',
  summary: 'Wait until a machine reaches a state',
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/wait',
  access: machineOfPath('read'),
  params: machineParams,
  query,
  body: noBody,
  result: z.object({ ok: z.literal(true), state: z.string(), version: z.string(), event_id: z.string() }),
  async handle({ api, target, input, signal }) {
    const { state = ['started'], timeout = MOST_S, from_event_id: after } = input.query;
    const version = input.query.version ?? input.query.instance_id;
    let row = await readMachine(api.source, target.machine);
    const reached = await api.changes.until(
      `machine/${target.machine}`,
      async () => {
        row = await readMachine(api.source, target.machine);
        if ((version !== undefined && row.instance !== version) || !isOneOf(state, row.status)) return null;
        const event = await lastEvent(api.source.getRepository(SchedulerEventRow), row);
        if (after && !isAfter(event, after)) return null;
        return { ok: true as const, state: row.status, version: row.instance, event_id: eventId(event) };
      },
      { timeoutMs: timeout * 1000, signal },
    );
    if (reached) return reached;
    throw new TerminalError(
      'deadline_exceeded',
      `deadline_exceeded: machine failed to reach desired state, ${state.join(',')}, currently ${row.status}`,
      { status: 408, details: { state: row.status, version: row.instance } },
    );
  },
});

/** A machine that was never launched rests as `created`, and counts as stopped. */
const isOneOf = (states: readonly Awaited[], status: Exclude<MachineStatus, 'absent'>): boolean =>
  states.includes(status) ||
  (states.includes('settled') && isSettled(status)) ||
  (states.includes('stopped') && status === 'created');

interface Place {
  readonly position: number;
  readonly place: number;
}

const isAfter = (event: Place, other: Place) =>
  event.position > other.position || (event.position === other.position && event.place > other.place);

async function lastEvent(
  events: { findOneOrFail(options: object): Promise<SchedulerEventRow> },
  row: MachineRow,
): Promise<Place> {
  return events.findOneOrFail({
    where: { aggregate: `machine/${row.id}` },
    order: { position: 'DESC', place: 'DESC' },
  });
}
