import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery } from '../operations/shapes.js';
import { readMachine } from './machine-reads.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const startMachine = operation({
  name: 'machines.start',
  summary: 'Start a stopped, suspended or new machine',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/start',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: z.object({ message: z.string(), status: z.string(), previous_state: z.string() }),
  async handle(call) {
    const before = await readMachine(call.api.source, call.target.machine);
    const started = await sendToScheduler(call, 'start-machine', onMachine(call), machineResult);
    return { message: '', status: started.state, previous_state: before.status };
  },
});
