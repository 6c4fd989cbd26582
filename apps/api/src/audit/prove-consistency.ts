import { consistencyResult } from '@bulkhead/contracts/commands/audit';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams } from '../operations/shapes.js';
import { askAudit } from './ask-audit.js';
import { logSize } from './log-size.js';

export const proveConsistency = operation({
  name: 'audit.consistency',
  summary: 'Prove that the audit log of one size begins with that of another',
  method: 'GET',
  path: '/api/v1/audit/consistency',
  // Anybody's: a head that organizations keep is one that the operator can't take back. It says how long the log is, and no more.
  access: { on: 'caller', action: 'read' },
  params: noParams,
  query: z.object({ from: logSize, to: logSize }),
  body: noBody,
  result: z.object({ proof: z.array(z.string()).meta({ description: 'Hashes, base64 (RFC 6962, 2.1.2)' }) }),
  handle: (call) => askAudit(call, 'consistency', call.input.query, consistencyResult),
});
