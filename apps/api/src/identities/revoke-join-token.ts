import { z } from 'zod';
import { sendToVault } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, OK, ok } from '../operations/shapes.js';

export const revokeJoinToken = operation({
  name: 'join-tokens.revoke',
  summary: 'Revoke a join token: it lets nobody in from now on',
  method: 'DELETE',
  path: '/api/v1/join-tokens/:join_token',
  access: { on: 'platform', action: 'delete' },
  params: z.object({ join_token: z.string().min(1).max(64) }),
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    await sendToVault(call, 'revoke-join-token', { joinToken: call.input.params.join_token }, z.null());
    return OK;
  },
});
