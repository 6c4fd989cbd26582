import { psResult, type PsResult } from '@bulkhead/contracts/commands/host';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody } from '../operations/shapes.js';
import { machineOfPath } from './on-machine.js';

const SORTABLE = ['pid', 'cpu', 'rss', 'rtime', 'stime', 'command', 'directory'] as const;
type Column = (typeof SORTABLE)[number];

const query = z.object({
  sort_by: z.enum(SORTABLE).optional(),
  order: z.enum(['asc', 'desc']).optional(),
});

export const listProcesses = operation({
  name: 'machines.ps',
  summary: 'List the processes that run inside a machine',
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/ps',
  access: machineOfPath('read'),
  params: machineParams,
  query,
  body: noBody,
  result: z.array(z.record(z.string(), z.unknown())),
  async handle(call) {
    const { app, machine } = call.target;
    const { sort_by = 'pid', order = 'asc' } = call.input.query;
    const processes = await sendToScheduler(call, 'ps-machine', { app, machine }, psResult);
    return sorted(processes, sort_by, order);
  },
});

function sorted(processes: PsResult, column: Column, order: 'asc' | 'desc'): PsResult {
  const ascending = processes.toSorted((one, other) => (one[column] < other[column] ? -1 : 1));
  return order === 'asc' ? ascending : ascending.toReversed();
}
