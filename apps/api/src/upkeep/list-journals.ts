import { journalStatusResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { askEveryService, askService, isSilent } from './ask-service.js';
import { journalAnswer, journalAnswerOf, silentJournal } from './journal-answer.js';

export const listJournals = operation({
  name: 'journals.list',
  summary: 'List the journals with their streams, relays and projections',
  method: 'GET',
  path: '/api/v1/journals',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({ journals: z.array(journalAnswer) }),
  async handle(call) {
    const answers = await askEveryService((service) =>
      askService(call, service, 'journal-status', {}, journalStatusResult),
    );
    return {
      journals: answers.map((answer) => (isSilent(answer) ? silentJournal(answer) : journalAnswerOf(answer))),
    };
  },
});
