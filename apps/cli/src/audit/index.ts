import { Command } from 'commander';
import type { Context } from '../context.js';
import { verifyAuditExport } from './verify.js';

export const auditCommand = (context: Context) =>
  new Command('audit')
    .description('the tamper-evident log of every event')
    .addCommand(verifyAuditExport(context));
