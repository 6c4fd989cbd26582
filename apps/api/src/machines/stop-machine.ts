import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noQuery, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';
import { stopFields, stopWish } from './stop-wish.js';

export const stopMachine = operation({
  name: 'machines.stop',
  summary: 'Stop a machine',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/stop',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: z.strictObject({ ...stopFields, id: z.string().optional() }).optional(),
  result: ok,
  async handle(call) {
    const wish = stopWish(call.input.body ?? {});
    await sendToScheduler(call, 'stop-machine', { ...onMachine(call), ...wish }, machineResult);
    return OK;
  },
});
