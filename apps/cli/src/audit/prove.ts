import { eventProof } from '@bulkhead/transparency';
import { Command } from 'commander';
import type { Context } from '../context.js';

export const proveEvent = (context: Context) =>
  new Command('prove')
    .description('print the proof that an event is in the audit log, with nobody else’s data in it')
    .argument('<event>', 'id, as bulkhead events list shows it')
    .addHelpText('after', '\nKeep it in a file and check it with: bulkhead audit verify-event FILE --key KEY')
    .action(async (event: string) => {
      const proof = await context.api.get(`/api/v1/audit/proofs/${encodeURIComponent(event)}`, eventProof);
      context.print(JSON.stringify(proof, null, 2));
    });
