import { TerminalError } from '@bulkhead/contracts';
import { execResult } from '@bulkhead/contracts/commands/host';
import { execMachine as input } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { handler } from '../access/handler.js';
import { appOf } from '../access/sender.js';
import type { Scheduler } from '../scheduler.js';
import { contentOf } from './content.js';
import { recordOnHost } from './started-machine.js';

/** How long the way to a host and back may take beside the command itself. */
const WAY_MS = 5_000;

const opened = z.object({
  command: z.object({ $plain: z.array(z.string()).min(1) }),
  stdin: z.object({ $plain: z.string() }).optional(),
});

/** Runs a command in a running machine. Who did it and what it was is recorded; what it printed is not. */
export const execMachine = (scheduler: Scheduler) =>
  handler({
    callers: ['api'],
    access: { by: 'user', action: 'control', on: 'machine' },
    input,
    handle: async (context, asked) => {
      const { organization } = appOf(context.principal);
      const { machine, container, timeoutMs } = asked;
      const content = await contentOf(scheduler.sealer, organization, asked);
      const { command, stdin } = readable(content);
      const { result, touched } = await recordOnHost(scheduler, context, asked, content, {
        type: 'execute',
        command: asked.command,
        ...(container === undefined ? {} : { container }),
      });
      const { host, generation } = result;
      const request = {
        id: context.id,
        machine,
        generation,
        command: command.$plain,
        timeoutMs,
        ...(stdin === undefined ? {} : { stdin: stdin.$plain }),
        ...(container === undefined ? {} : { container }),
      };
      const call = { host, name: 'exec' as const, request, timeoutMs: timeoutMs + WAY_MS };
      return { result: await scheduler.hosts.ask(call, execResult), touched };
    },
  });

function readable(value: unknown): z.infer<typeof opened> {
  const parsed = opened.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TerminalError('data_key_destroyed', 'the data of this organization was erased', { status: 410 });
}
