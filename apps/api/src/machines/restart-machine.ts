import { machineResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { flag, machineParams, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';
import { stopFields, stopWish } from './stop-wish.js';

export const restartMachine = operation({
  name: 'machines.restart',
  summary: 'Stop a machine and start it again',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/restart',
  access: machineOfPath('control'),
  params: machineParams,
  query: z.object({ force_stop: flag.optional(), ...stopFields }),
  body: z
    .strictObject({ ...stopFields, force_stop: z.boolean().optional(), id: z.string().optional() })
    .optional(),
  result: ok,
  async handle(call) {
    const { query, body = {} } = call.input;
    const wish = { ...stopWish(query), ...stopWish(body) };
    const force = query.force_stop ?? body.force_stop ?? false;
    await sendToScheduler(call, 'restart-machine', { ...onMachine(call), ...wish, force }, machineResult);
    return OK;
  },
});
