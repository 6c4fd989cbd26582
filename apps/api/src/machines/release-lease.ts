import { done } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const releaseLease = operation({
  name: 'machines.release-lease',
  summary: 'Give the lease of a machine back, naming its nonce in fly-machine-lease-nonce',
  method: 'DELETE',
  path: '/v1/apps/:app_name/machines/:machine_id/lease',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    await sendToScheduler(call, 'release-lease', onMachine(call), done);
    return OK;
  },
});
