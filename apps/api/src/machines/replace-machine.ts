import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery } from '../operations/shapes.js';
import { answerAfter } from './answer-after.js';
import { machineAnswer } from './machine-answer.js';
import { machineOfPath, onMachine } from './on-machine.js';

/**
 * The word of whoever owns the machine that its old copy is to count no more, which nothing checks: a lost host that still runs it
 * goes on until it hears of that.
 */
export const replaceMachine = operation({
  name: 'machines.replace',
  summary:
    'Place a machine on another host, such as one that waits for a lost host. What its root file system holds is lost, and ' +
    'until the old host hears of it, both copies may run',
  method: 'POST',
  path: '/api/v1/apps/:app_name/machines/:machine_id/replace',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: machineAnswer,
  handle: async (call) =>
    answerAfter(call.api, await sendToScheduler(call, 'replace-machine', onMachine(call), machineResult)),
});
