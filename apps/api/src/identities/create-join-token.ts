import { createJoinTokenResult } from '@bulkhead/contracts/commands/vault';
import { z } from 'zod';
import { sendToVault } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noParams, noQuery } from '../operations/shapes.js';

const DAY_S = 24 * 3600;

/** The vault itself and operators enrol by `init` alone: no token of the API leads to an identity of theirs. */
const host = z.enum(['worker', 'edge', 'gateway']);
const service = z.enum(['api', 'scheduler', 'audit']);

const expires_in = z
  .int()
  .min(60)
  .max(30 * DAY_S)
  .default(DAY_S)
  .meta({ description: 'Seconds; a day, if missing' });

const body = z.discriminatedUnion('kind', [
  z.strictObject({ kind: host.meta({ description: 'A new host; its id is in the answer' }), expires_in }),
  z.strictObject({
    kind: service.meta({ description: 'A copy of a service, or one that lost its disk' }),
    name: z.string().min(1).max(64).optional().meta({ description: 'Of the copy; the kind, if missing' }),
    expires_in,
  }),
]);

export const createJoinToken = operation({
  name: 'join-tokens.create',
  summary:
    'Create a one-time token with which a host or service joins; its text is in this answer and nowhere else',
  method: 'POST',
  path: '/api/v1/join-tokens',
  access: { on: 'platform', action: 'create' },
  params: noParams,
  query: noQuery,
  body,
  result: z.object({
    id: z.string(),
    kind: z.string(),
    name: z.string().meta({ description: 'Whom it makes: the id of the new host' }),
    expires_at: z.string(),
    token: z.string(),
  }),
  status: 201,
  async handle(call) {
    const { expires_in: lifetimeSeconds, ...wish } = call.input.body;
    const wanted = { ...wish, lifetimeSeconds };
    const made = await sendToVault(call, 'create-join-token', wanted, createJoinTokenResult);
    const { joinToken: id, kind, name, expiresAt: expires_at, token } = made;
    return { id, kind, name, expires_at, token };
  },
});
