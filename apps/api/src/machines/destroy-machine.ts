import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { flag, machineParams, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

export const destroyMachine = operation({
  name: 'machines.destroy',
  summary: 'Destroy a stopped machine, or with force a running one',
  method: 'DELETE',
  path: '/v1/apps/:app_name/machines/:machine_id',
  access: machineOfPath('delete'),
  params: machineParams,
  query: z.object({ force: flag.optional(), kill: flag.optional() }),
  /** Some clients send what belongs into the query as a body. */
  body: z.strictObject({ force: z.boolean().optional(), kill: z.boolean().optional() }).optional(),
  result: ok,
  async handle(call) {
    const { query, body = {} } = call.input;
    const force = [query.force, query.kill, body.force, body.kill].includes(true);
    const wish = { ...onMachine(call), force };
    await sendToScheduler(call, 'destroy-machine', wish, machineResult);
    return OK;
  },
});
