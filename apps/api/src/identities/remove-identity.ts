import { hostId } from '@bulkhead/contracts';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noQuery, OK, ok } from '../operations/shapes.js';
import { endIdentity } from './end-identity.js';

/** For an edge, which runs no machines, and for a stolen worker, which is not to be believed until its machines are elsewhere. */
export const removeIdentity = operation({
  name: 'identities.remove',
  summary: "End a host's identity at once, though machines are placed there: it is not believed from now on",
  method: 'DELETE',
  path: '/api/v1/identities/:host_kind/:host',
  access: { on: 'platform', action: 'delete' },
  params: z.object({ host_kind: z.enum(['worker', 'edge', 'gateway']), host: hostId }),
  query: noQuery,
  body: noBody,
  result: ok,
  async handle(call) {
    const { host_kind: kind, host: name } = call.input.params;
    await endIdentity(call, { kind, name });
    return OK;
  },
});
