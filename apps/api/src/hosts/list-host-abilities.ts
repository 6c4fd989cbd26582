import { hostAbilitiesResult } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';

export const listHostAbilities = operation({
  name: 'hosts.abilities',
  summary: 'List what each host can do, as it said last',
  method: 'GET',
  path: '/api/v1/hosts/abilities',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({
    hosts: z.array(
      z.object({
        host: z.string(),
        heard_at: z.string(),
        version: z.string(),
        abilities: z.record(z.string(), z.string()),
      }),
    ),
  }),
  async handle(call) {
    const { hosts } = await sendToScheduler(call, 'host-abilities', {}, hostAbilitiesResult);
    return { hosts: hosts.map(({ heardAt, ...said }) => ({ ...said, heard_at: heardAt })) };
  },
});
