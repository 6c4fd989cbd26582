import { headResult } from '@bulkhead/contracts/commands/audit';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams, noQuery } from '../operations/shapes.js';
import { askAudit } from './ask-audit.js';

export const getAuditHead = operation({
  name: 'audit.head',
  summary: 'Get the newest signed head of the audit log, to be kept elsewhere',
  method: 'GET',
  path: '/api/v1/audit/head',
  // Anybody's: a head that organizations keep is one that the operator can't take back. It says how long the log is, and no more.
  access: { on: 'caller', action: 'read' },
  params: noParams,
  query: noQuery,
  body: noBody,
  result: z.object({
    origin: z.string(),
    note: z.string().nullable().meta({ description: 'A C2SP checkpoint; null while nothing is signed' }),
    public_key: z.string().meta({ description: 'Ed25519, base64' }),
  }),
  async handle(call) {
    const { origin, note, publicKey } = await askAudit(call, 'head', {}, headResult);
    return { origin, note, public_key: publicKey };
  },
});
