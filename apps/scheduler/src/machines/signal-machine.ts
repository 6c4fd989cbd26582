import { signalMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { handler } from '../access/handler.js';
import type { Scheduler } from '../scheduler.js';
import { recordOnHost } from './started-machine.js';

const SIGNAL_TIMEOUT_MS = 5_000;

/** Sends a signal to a running machine's process. */
export const signalMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: async (context, asked) => {
      const { machine, signal } = asked;
      const { result, touched } = await recordOnHost(scheduler, context, asked, asked, {
        type: 'signal',
        signal,
      });
      const { host, generation } = result;
      const request = { id: context.id, machine, generation, signal };
      await scheduler.hosts.ask({ host, name: 'signal', request, timeoutMs: SIGNAL_TIMEOUT_MS }, z.unknown());
      return { result: { ok: true }, touched };
    },
  });
