import { Command } from 'commander';
import type { Context } from '../context.js';
import { reconcileJournal } from './reconcile.js';
import { journalStatus } from './status.js';

export const journalCommand = (context: Context) =>
  new Command('journal')
    .description('journals: what the platform’s state is made of')
    .addCommand(journalStatus(context))
    .addCommand(reconcileJournal(context));
