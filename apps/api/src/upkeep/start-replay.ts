import { startReplayResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noParams, noQuery } from '../operations/shapes.js';
import { askService, serviceName } from './ask-service.js';
import { orderIntervention } from './order-intervention.js';
import { replayIdOf } from './replay-id.js';

export const startReplay = operation({
  name: 'replays.start',
  summary: 'Build a projection anew from position 0 and compare it with the live one; asked about by its id',
  method: 'POST',
  path: '/api/v1/replays',
  access: { on: 'platform', action: 'control' },
  params: noParams,
  query: noQuery,
  body: z.strictObject({
    service: serviceName,
    projection: z.string().min(1).max(64),
    swap: z
      .boolean()
      .default(false)
      .meta({ description: 'Put the rebuilt rows in the place of the live ones where they differ' }),
  }),
  result: z.object({ id: z.string() }),
  status: 202,
  async handle(call) {
    const { service, projection, swap } = call.input.body;
    if (swap) await orderIntervention(call, { action: 'swap-projection', service, subject: projection });
    const started = await askService(call, service, 'start-replay', { projection, swap }, startReplayResult);
    return { id: replayIdOf(service, started.replay) };
  },
});
