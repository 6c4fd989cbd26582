import { Command } from 'commander';
import type { Context } from '../context.js';
import { exportAudit } from './export.js';
import { auditHead } from './head.js';
import { proveEvent } from './prove.js';
import { verifyEventProof } from './verify-event.js';
import { verifyAuditExport } from './verify.js';
import { witnessAudit } from './witness.js';

export const auditCommand = (context: Context) =>
  new Command('audit')
    .description('the tamper-evident log of every event')
    .addCommand(auditHead(context))
    .addCommand(witnessAudit(context))
    .addCommand(exportAudit(context))
    .addCommand(verifyAuditExport(context))
    .addCommand(proveEvent(context))
    .addCommand(verifyEventProof(context));
