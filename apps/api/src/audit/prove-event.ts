import { visibleOrganization } from '@bulkhead/auth';
import { SERVICES, type Service } from '@bulkhead/contracts';
import { proveResult, type ProveRequest } from '@bulkhead/contracts/commands/audit';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery } from '../operations/shapes.js';
import { askAudit } from './ask-audit.js';

/** The api asks for what the caller may see: an organization's own events, or all. The log finds nothing else. */
export const proveEvent = operation({
  name: 'audit.prove',
  summary: 'Prove that an event is in the audit log',
  method: 'GET',
  path: '/api/v1/audit/proofs/:event',
  access: { on: 'caller', action: 'read' },
  params: z.object({
    event: z.string().max(64).meta({ description: 'The id of an event as it is listed, or of its envelope' }),
  }),
  query: noQuery,
  body: noBody,
  result: proveResult.shape.proof,
  async handle(call) {
    const organization = visibleOrganization(call.caller.principal);
    const request: ProveRequest = { event: eventNamed(call.input.params.event), organization };
    return (await askAudit(call, 'prove', request, proveResult)).proof;
  },
});

/** `<journal>-<position>-<place>` as events are listed, or `<journal>-<position>`; else an envelope's id. */
function eventNamed(text: string): ProveRequest['event'] {
  const [, journal, position] = /^([a-z]+)-([1-9]\d{0,14})(?:-\d{1,3})?$/.exec(text) ?? [];
  return isService(journal) ? { journal, position: Number(position) } : { envelope: text };
}

const isService = (name: string | undefined): name is Service => SERVICES.some((service) => service === name);
