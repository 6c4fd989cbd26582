import { witnessesResult } from '@bulkhead/contracts/commands/audit';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { askAudit } from './ask-audit.js';

export const listWitnesses = operation({
  name: 'audit.witnesses',
  summary: 'Show how far the audit log’s witnesses have followed it',
  method: 'GET',
  path: '/api/v1/audit/witnesses',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({
    size: z.int().meta({ description: 'Entries that the newest signed head covers' }),
    witnesses: z.array(
      z.object({
        url: z.string(),
        size: z.int().meta({ description: 'Entries of the last head it took' }),
        accepted_at: z.string().nullable(),
        problem: z.string().nullable().meta({ description: 'Why it did not take the last head it was sent' }),
        contradicts: z.boolean().meta({ description: 'It has seen what the log no longer says' }),
      }),
    ),
  }),
  async handle(call) {
    const { size, witnesses } = await askAudit(call, 'witnesses', {}, witnessesResult);
    return {
      size,
      witnesses: witnesses.map(({ acceptedAt, ...witness }) => ({ ...witness, accepted_at: acceptedAt })),
    };
  },
});
