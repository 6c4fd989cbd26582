import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { hostAnswer } from './host-answer.js';
import { commandHost, hostParams } from './host-command.js';

export const uncordonHost = operation({
  name: 'hosts.uncordon',
  summary: 'Place machines on a host again',
  method: 'POST',
  path: '/api/v1/hosts/:host/uncordon',
  access: { on: 'platform', action: 'control' },
  params: hostParams,
  query: noQuery,
  body: noBody,
  result: hostAnswer,
  handle: (call) => commandHost(call, 'uncordon-host'),
});
