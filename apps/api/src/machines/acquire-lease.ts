import { leaseResult, leaseTtl } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, whole } from '../operations/shapes.js';
import { leaseAnswer, leaseAnswerOf } from './lease.js';
import { machineOfPath, onMachine } from './on-machine.js';

const DEFAULT_TTL_S = 120;

export const acquireLease = operation({
  name: 'machines.acquire-lease',
  summary: 'Take the lease of a machine, or with its nonce keep it longer',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/lease',
  access: machineOfPath('control'),
  params: machineParams,
  query: z.object({ ttl: whole(1, 86_400).optional() }),
  body: z.strictObject({ ttl: leaseTtl.optional(), description: z.string().max(256).optional() }).optional(),
  result: leaseAnswer,
  async handle(call) {
    const { query, body = {} } = call.input;
    const wish = {
      ttl: query.ttl ?? body.ttl ?? DEFAULT_TTL_S,
      ...(body.description ? { description: body.description } : {}),
    };
    return leaseAnswerOf(
      await sendToScheduler(call, 'acquire-lease', { ...onMachine(call), ...wish }, leaseResult),
    );
  },
});
