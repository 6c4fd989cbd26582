import type { Service } from '@bulkhead/contracts';
import { aboutRequest, aboutResult } from '@bulkhead/contracts/commands/upkeep';
import { z } from 'zod';
import { operation, type Call } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { askEveryService, askService, isSilent, serviceName } from './ask-service.js';

const serviceAnswer = z.object({
  service: serviceName,
  problem: z.string().nullable().meta({ description: 'Why it did not answer' }),
  clock_difference_ms: z.number().nullable().meta({
    description: 'Of its clock from the one of the api that asked, give or take the time of an answer',
  }),
  certificate_expires_at: z.string().nullable(),
  waiting_for: z.record(z.string(), z.string()),
});
type ServiceAnswer = z.infer<typeof serviceAnswer>;

export const listServices = operation({
  name: 'services.list',
  summary: 'List the services with their health, clocks and certificates',
  method: 'GET',
  path: '/api/v1/services',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({ services: z.array(serviceAnswer) }),
  async handle(call) {
    const answers = await askEveryService((service) => about(call, service));
    return { services: answers.map((answer) => (isSilent(answer) ? silent(answer) : answer.about)) };
  },
});

const silent = (answer: Pick<ServiceAnswer, 'service' | 'problem'>): ServiceAnswer => ({
  ...answer,
  clock_difference_ms: null,
  certificate_expires_at: null,
  waiting_for: {},
});

async function about(call: Call<unknown, 'platform'>, service: Service): Promise<{ about: ServiceAnswer }> {
  const asked = call.api.clock.now().getTime();
  const said = await askService(call, service, 'about', aboutRequest.parse({}), aboutResult);
  const middle = (asked + call.api.clock.now().getTime()) / 2;
  return {
    about: {
      service,
      problem: null,
      clock_difference_ms: Math.round(new Date(said.now).getTime() - middle),
      certificate_expires_at: said.certificateExpiresAt,
      waiting_for: said.waitingFor,
    },
  };
}
