import { Command } from 'commander';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';

export const releaseHold = (context: Context) =>
  new Command('release-hold')
    .description('place lost hosts’ machines again although more than half of the hosts are lost')
    .addHelpText(
      'after',
      '\nOnly when those hosts are really gone: where only the network is, their machines go on there beside the new copies.',
    )
    .action(async () => {
      await context.api.post('/api/v1/hosts/release-hold', {}, anything);
      context.show({ released: true }, () => 'The machines of lost hosts are placed again.');
    });
