import { exportResult } from '@bulkhead/contracts/commands/audit';
import { z } from 'zod';
import { operation } from '../operations/operation.js';
import { noBody, noParams } from '../operations/shapes.js';
import { askAudit } from './ask-audit.js';
import { logSize } from './log-size.js';

/** In pages rather than as one stream: a page is bounded, and an export that was cut goes on where it was. */
export const exportAuditLog = operation({
  name: 'audit.export',
  summary: 'Export the audit log, page by page',
  method: 'GET',
  path: '/api/v1/audit/export',
  access: { on: 'platform', action: 'read' },
  params: noParams,
  query: z.object({ from: logSize.default(0) }),
  body: noBody,
  result: z.object({
    lines: z.array(z.string()).meta({ description: 'Of the export file; the header is the first of page 0' }),
    next: z.int().meta({ description: 'Where the next page begins' }),
    size: z.int().meta({ description: 'Of the whole log now' }),
  }),
  handle: (call) => askAudit(call, 'export', { from: call.input.query.from }, exportResult),
});
