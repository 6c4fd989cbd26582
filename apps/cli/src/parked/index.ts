import { Command } from 'commander';
import type { Context } from '../context.js';
import { parkedVerb } from './command.js';
import { listParked } from './list.js';

export const parkedCommand = (context: Context) =>
  new Command('parked')
    .description('parked work: what projections and reactors could not follow')
    .addCommand(listParked(context))
    .addCommand(
      parkedVerb(context, {
        name: 'retry',
        description: 'do it again, from where it failed',
        done: 'Followed',
      }),
    )
    .addCommand(
      parkedVerb(context, { name: 'discard', description: 'pass over it for good', done: 'Passed over' }),
    );
