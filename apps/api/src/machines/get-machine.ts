import { operation } from '../operations/operation.js';
import { machineParams, noBody, noQuery } from '../operations/shapes.js';
import { machineAnswer } from './machine-answer.js';
import { readMachine, wholeMachine } from './machine-reads.js';
import { machineOfPath } from './on-machine.js';

export const getMachine = operation({
  name: 'machines.get',
  summary: 'Show a machine, also one that was destroyed',
  method: 'GET',
  path: '/v1/apps/:app_name/machines/:machine_id',
  access: machineOfPath('read'),
  params: machineParams,
  query: noQuery,
  body: noBody,
  result: machineAnswer,
  async handle({ api, target }) {
    return wholeMachine(api, await readMachine(api.source, target.machine));
  },
});
