import { parkedResult } from '@bulkhead/contracts/commands/upkeep';
import type { Service } from '@bulkhead/contracts';
import { z } from 'zod';
import { operation, type Call } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { askEveryService, askService, isSilent, serviceName } from './ask-service.js';

export const listParked = operation({
  name: 'parked.list',
  summary: 'List what projections and reactors could not follow',
  method: 'GET',
  path: '/api/v1/parked',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({
    total: z.int(),
    parked: z
      .array(
        z.object({
          service: serviceName,
          reader: z.string(),
          kind: z.enum(['projection', 'reactor']),
          work: z.string().meta({ description: 'An aggregate of a projection, a position of a reactor' }),
          aggregate: z.string(),
          position: z.int(),
          error: z.string(),
          at: z.string(),
        }),
      )
      .meta({ description: 'The first two hundred of each service' }),
    silent: z.array(serviceName).meta({ description: 'Services that did not answer' }),
  }),
  async handle(call) {
    const answers = await askEveryService((service) => parkedOf(call, service));
    const known = answers.flatMap((answer) => (isSilent(answer) ? [] : [answer]));
    return {
      total: known.reduce((sum, { total }) => sum + total, 0),
      parked: known.flatMap(({ parked }) => parked),
      silent: answers.filter(isSilent).map(({ service }) => service),
    };
  },
});

async function parkedOf(call: Call<unknown, 'platform'>, service: Service) {
  const { total, parked } = await askService(call, service, 'parked', {}, parkedResult);
  return { total, parked: parked.map((work) => ({ service, ...work })) };
}
