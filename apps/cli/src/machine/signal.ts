import { Command } from 'commander';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';
import { machinePath } from './path.js';

export const signalMachine = (context: Context) =>
  new Command('signal')
    .description('send a signal to a machine’s main process')
    .argument('<app>')
    .argument('<machine>', 'id')
    .argument('<signal>', 'such as SIGHUP')
    .action(async (app: string, id: string, signal: string) => {
      await context.api.post(machinePath(app, id, 'signal'), { signal }, anything);
      context.show({ id, signal }, () => `Sent ${signal} to ${id}.`);
    });
