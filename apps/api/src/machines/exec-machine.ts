import { execResult } from '@bulkhead/contracts/commands/host';
import { sealLeaves } from '@bulkhead/journal';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noQuery } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';
import { splitCommand } from './split-command.js';

const DEFAULT_TIMEOUT_S = 30;
/** What the way there and back may take on top of the command itself. */
const MARGIN_MS = 10_000;

const commandLine = z
  .string()
  .min(1)
  .max(65_536)
  .transform((text, context) => {
    const words = splitCommand(text);
    if (words !== null && words.length > 0) return words;
    context.addIssue({ code: 'custom', message: 'has an unclosed quote or no word' });
    return z.NEVER;
  });

const body = z
  .strictObject({
    cmd: commandLine
      .optional()
      .meta({ description: 'A command line; words and quotes as in a shell, nothing else' }),
    command: z.array(z.string().max(8192)).min(1).max(256).optional(),
    container: z.string().max(64).optional(),
    machine: z.unknown().optional(),
    stdin: z.string().max(65_536).optional(),
    timeout: z.int().min(0).max(600).optional().meta({ description: 'Seconds' }),
  })
  .refine(
    ({ cmd, command }) => (cmd === undefined) !== (command === undefined),
    'needs either cmd or command',
  );

export const execMachine = operation({
  name: 'machines.exec',
  summary: 'Run a command inside a machine and wait for its end',
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/exec',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body,
  result: z.object({ exit_code: z.int(), exit_signal: z.int(), stdout: z.string(), stderr: z.string() }),
  async handle(call) {
    const { cmd, command, container, stdin, timeout } = call.input.body;
    const timeoutMs = (timeout || DEFAULT_TIMEOUT_S) * 1000;
    const plain = { command: { $plain: command ?? cmd }, ...(stdin ? { stdin: { $plain: stdin } } : {}) };
    const sealed = await sealLeaves(call.api.sealer, call.target.organization, plain);
    return sendToScheduler(
      call,
      'exec-machine',
      {
        ...onMachine(call),
        ...z.record(z.string(), z.unknown()).parse(sealed),
        ...(container ? { container } : {}),
        timeoutMs,
      },
      execResult,
      { deadlineMs: timeoutMs + MARGIN_MS },
    );
  },
});
