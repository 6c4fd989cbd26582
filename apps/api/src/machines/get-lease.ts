import { leaseResult } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery } from '../operations/shapes.js';
import { leaseAnswer, leaseAnswerOf } from './lease.js';
import { machineOfPath } from './on-machine.js';

export const getLease = operation({
  name: 'machines.get-lease',
  summary: 'Show who holds the lease of a machine',
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id/lease',
  access: machineOfPath('read'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: leaseAnswer,
  async handle(call) {
    const { app, machine } = call.target;
    return leaseAnswerOf(await sendToScheduler(call, 'get-lease', { app, machine }, leaseResult));
  },
});
