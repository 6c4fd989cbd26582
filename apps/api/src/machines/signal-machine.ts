import { done } from '@bulkhead/contracts/commands/scheduler';
import { z } from 'zod';
import { sendToScheduler } from '../operations/carry-out.js';
import { operation } from '../operations/operation.js';
import { machineParams, noQuery, OK, ok } from '../operations/shapes.js';
import { machineOfPath, onMachine } from './on-machine.js';

const signal = z.enum([
  'SIGABRT',
  'SIGALRM',
  'SIGFPE',
  'SIGHUP',
  'SIGILL',
  'SIGINT',
  'SIGKILL',
  'SIGPIPE',
  'SIGQUIT',
  'SIGSEGV',
  'SIGTERM',
  'SIGTRAP',
  'SIGUSR1',
  'SIGUSR2',
]);

export const signalMachine = operation({
  name: 'machines.signal',
  summary: "Send a signal to a machine's main process",
  method: 'POST',
  path: '/v1/apps/:app_name/machines/:machine_id/signal',
  access: machineOfPath('control'),
  params: machineParams,
  query: noQuery,
  body: z.strictObject({ signal }),
  result: ok,
  async handle(call) {
    await sendToScheduler(
      call,
      'signal-machine',
      { ...onMachine(call), signal: call.input.body.signal },
      done,
    );
    return OK;
  },
});
