import { hostAnswer as input } from '@bulkhead/contracts/commands/host';
import { handler } from '../access/handler.js';
import { hostOf } from '../access/sender.js';
import type { Scheduler } from '../scheduler.js';

/** A host answers what it was asked. */
export const answer = ({ hosts }: Scheduler) =>
  handler({
    callers: ['host'],
    access: { by: 'host', kinds: ['worker'] },
    input,
    handle: async ({ principal }, asked) => {
      hosts.answered(hostOf(principal), asked);
      return { result: { ok: true } };
    },
  });
