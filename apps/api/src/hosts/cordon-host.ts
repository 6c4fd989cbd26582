import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noQuery } from '../operations/shapes.js';
import { hostAnswer } from './host-answer.js';
import { commandHost, hostParams } from './host-command.js';

export const cordonHost = operation({
  name: 'hosts.cordon',
  summary: 'Place no more machines on a host',
  method: 'POST',
  path: '/api/v1/hosts/:host/cordon',
  access: { on: 'platform', action: 'control' },
  params: hostParams,
  query: noQuery,
  body: z.strictObject({ reason: z.string().max(256).optional() }).optional(),
  result: hostAnswer,
  handle: (call) => commandHost(call, 'cordon-host', { reason: call.input.body?.reason ?? '' }),
});
