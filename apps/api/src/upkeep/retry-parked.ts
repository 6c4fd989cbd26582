import { operation } from '../operations/operation.js';
import { noParams, noQuery } from '../operations/shapes.js';
import { commandParked, parkedName } from './parked-command.js';

export const retryParked = operation({
  name: 'parked.retry',
  summary: 'Try again what a projection or reactor parked',
  method: 'POST',
  path: '/api/v1/parked/retry',
  access: { on: 'platform', action: 'control' },
  params: noParams,
  query: noQuery,
  body: parkedName,
  result: parkedName,
  handle: (call) => commandParked(call, 'retry-parked'),
});
