import type { ExitRecord } from '@bulkhead/domain';
import { schedulerContracts } from '@bulkhead/contracts/events';
import { z } from 'zod';
import type { SchedulerEventRow } from '../read-model/entities.js';

/** An event as the Machines API tells it. */
export const machineEventAnswer = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  source: z.enum(['user', 'flyd']),
  /** Unix milliseconds. */
  timestamp: z.int(),
  request: z.record(z.string(), z.unknown()).optional(),
});
export type MachineEventAnswer = z.infer<typeof machineEventAnswer>;

type Told = Pick<MachineEventAnswer, 'type' | 'status' | 'source' | 'request'>;
type Exit = Omit<ExitRecord, 'exited_at'> & { readonly exited_at: string };

const byUser = (type: string, status: string): Told => ({ type, status, source: 'user' });
const byHost = (type: string, status: string): Told => ({ type, status, source: 'flyd' });

/** The domain's events in the words that clients of the Machines API know. What is not here is not told. */
const TELL: Readonly<Record<string, (data: Readonly<Record<string, unknown>>) => Told>> = {
  MachineCreated: () => byUser('launch', 'created'),
  MachinePlaced: () => byHost('place', 'placed'),
  MachineUpdated: () => byUser('update', 'replacing'),
  MachineStartRequested: () => byUser('start', 'starting'),
  MachineStopRequested: () => byUser('stop', 'stopping'),
  MachineRestartRequested: () => byUser('restart', 'restarting'),
  MachineSuspendRequested: () => byUser('suspend', 'suspending'),
  MachineDestroyRequested: ({ reason }) => (reason === 'user' ? byUser : byHost)('destroy', 'destroying'),
  MachineCordoned: () => byUser('cordon', 'cordoned'),
  MachineUncordoned: () => byUser('uncordon', 'uncordoned'),
  MachineSignalled: ({ signal }) => ({ ...byUser('signal', 'signalled'), request: { signal } }),
  MachineCommandExecuted: () => byUser('exec', 'executed'),
  MachineStarted: () => byHost('start', 'started'),
  MachineExited: ({ exit }) => exited(exit as Exit),
  MachineStopped: () => byHost('stop', 'stopped'),
  MachineSuspended: () => byHost('suspend', 'suspended'),
  MachineFailed: ({ code, message }) => ({
    ...byHost('fail', 'failed'),
    request: { error: { code, message } },
  }),
  MachineHostLost: () => byHost('host_lost', 'unreachable'),
  MachineHostReturned: () => byHost('host_returned', 'ok'),
  MachineDestroyed: () => byHost('destroy', 'destroyed'),
};

/** Types of events that are told, for queries. */
export const TOLD_TYPES: readonly string[] = Object.keys(TELL);

/** Clients that meet an exit event without its exit break: it is always whole. */
function exited({ restart_count, ...exit }: Exit): Told {
  const { exit_code, guest_signal } = exit;
  const exit_event = { ...exit, guest_exit_code: exit_code, signal: guest_signal === 0 ? -1 : guest_signal };
  const told = byHost('exit', exit.restarting ? 'restarting' : 'stopped');
  return { ...told, request: { exit_event, restart_count } };
}

type Source = Pick<SchedulerEventRow, 'position' | 'place' | 'type' | 'occurredAt' | 'data'>;

export function tellEvent(row: Source): MachineEventAnswer[] {
  const tell = TELL[row.type];
  if (!tell) return [];
  const data = z
    .record(z.string(), z.unknown())
    .parse(schedulerContracts[row.type]?.schema.parse(row.data) ?? {});
  return [{ id: eventId(row), timestamp: row.occurredAt.getTime(), ...tell(data) }];
}

/** An event's id: its place in the journal as 26 digits, so that ids sort by time as the reference platform's do. */
export const eventId = ({ position, place }: Pick<Source, 'position' | 'place'>): string =>
  String(BigInt(position) * PLACES + BigInt(place)).padStart(26, '0');

const PLACES = 1000n;

/** Where in the journal an event stands, or null for what is no event's id. */
export function placeOf(id: string): { position: number; place: number } | null {
  if (!/^\d{26}$/.test(id)) return null;
  const number = BigInt(id);
  const position = Number(number / PLACES);
  return Number.isSafeInteger(position) ? { position, place: Number(number % PLACES) } : null;
}
