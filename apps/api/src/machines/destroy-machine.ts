import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { flag, machineParams, noBody, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const destroyMachine = operation({
  name: 'machines.destroy',
  summary: 'Destroy a stopped machine, or with force a running one',
  method: 'DELETE',
  path: '/v1/apps/:app_name/machines/:machine_id',
  access: machineOfPath('delete'),
  params: machineParams,
  query: z.object({ force: flag.optional(), kill: flag.optional() }),
  body: noBody,
  result: ok,
  async handle(call) {
    const { force, kill } = call.input.query;
    const wish = { ...onMachine(call), force: force === true || kill === true };
    await sendToScheduler(call, 'destroy-machine', wish, machineResult);
    return OK;
  },
});
