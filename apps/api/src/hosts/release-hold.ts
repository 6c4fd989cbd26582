import { done } from '@bulkhead/contracts/commands/scheduler';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery, OK, ok } from '../operations/shapes.js';

export const releaseHold = operation({
  name: 'hosts.release-hold',
  summary: 'Place the machines of lost hosts again although more than half of the hosts are lost',
  method: 'POST',
  path: '/api/v1/hosts/release-hold',
  access: { on: 'platform', action: 'control' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    await sendToScheduler(call, 'release-hold', {}, done);
    return OK;
  },
});
