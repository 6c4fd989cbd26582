import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const cordonMachine = operation({
  name: 'machines.cordon',
  summary: 'Route no traffic to a machine',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/cordon',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    await sendToScheduler(call, 'cordon-machine', onMachine(call), machineResult);
    return OK;
  },
});
