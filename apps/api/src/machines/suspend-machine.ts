import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const suspendMachine = operation({
  name: 'machines.suspend',
  summary: 'Suspend a machine, keeping its memory',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/suspend',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    await sendToScheduler(call, 'suspend-machine', onMachine(call), machineResult);
    return OK;
  },
});
