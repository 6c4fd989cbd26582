import { reconcileJournalResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noQuery } from '../operations/shapes.js';
import { askService, serviceName } from './ask-service.js';
import { orderIntervention } from './order-intervention.js';

const ACTIONS = { adopt: 'adopt-surplus', 'new-epoch': 'start-epoch' } as const;

export const reconcileJournal = operation({
  name: 'journals.reconcile',
  summary: 'Take in what a stream holds beyond its journal, or give it up in a new epoch',
  method: 'POST',
  path: '/api/v1/journals/:journal/reconcile',
  access: { on: 'platform', action: 'control' },
  params: z.object({ journal: serviceName }),
  query: noQuery,
  body: z.strictObject({ how: z.enum(['adopt', 'new-epoch']) }),
  result: z.object({ adopted: z.int(), epoch: z.string().nullable() }),
  async handle(call) {
    const { journal } = call.input.params;
    const { how } = call.input.body;
    await orderIntervention(call, { action: ACTIONS[how], service: journal, subject: '' });
    return askService(call, journal, 'reconcile-journal', { how }, reconcileJournalResult, 20_000);
  },
});
