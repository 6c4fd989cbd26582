import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { hostAnswer } from './host-answer.js';
import { commandHost, hostParams } from './host-command.js';

export const removeHost = operation({
  name: 'hosts.remove',
  summary: 'Remove a host for good: its identity is refused from now on',
  method: 'DELETE',
  path: '/api/v1/hosts/:host',
  access: { on: 'platform', action: 'delete' },
  params: hostParams,
  query: noQuery,
  body: noBody,
  result: hostAnswer,
  handle: (call) => commandHost(call, 'remove-host'),
});
