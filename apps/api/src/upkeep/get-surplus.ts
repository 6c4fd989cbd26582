import { journalSurplusResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { askService, serviceName } from './ask-service.js';

export const getJournalSurplus = operation({
  name: 'journals.surplus',
  summary: 'Show what a stream holds that its journal lost',
  method: 'GET',
  path: '/api/v1/journals/:journal/surplus',
  access: { on: 'platform', action: 'read' },
  params: z.object({ journal: serviceName }),
  query: noQuery,
  body: noBody,
  result: z.object({
    total: z.int(),
    envelopes: z
      .array(
        z.object({
          id: z.string(),
          aggregate: z.string(),
          epoch: z.string(),
          position: z.int(),
          recorded_at: z.string(),
        }),
      )
      .meta({ description: 'The first hundred' }),
  }),
  async handle(call) {
    const { journal } = call.input.params;
    const { total, envelopes } = await askService(call, journal, 'journal-surplus', {}, journalSurplusResult);
    return {
      total,
      envelopes: envelopes.map(({ recordedAt, ...row }) => ({ ...row, recorded_at: recordedAt })),
    };
  },
});
