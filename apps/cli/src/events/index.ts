import { Command } from 'commander';
import type { Context } from '../context.js';
import { listEvents } from './list.js';

export const eventsCommand = (context: Context) =>
  new Command('events').description('events: every change, in order').addCommand(listEvents(context));
