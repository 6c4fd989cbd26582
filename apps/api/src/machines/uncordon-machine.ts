import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const uncordonMachine = operation({
  name: 'machines.uncordon',
  summary: 'Route traffic to a machine again',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/uncordon',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    await sendToScheduler(call, 'uncordon-machine', onMachine(call), machineResult);
    return OK;
  },
});
