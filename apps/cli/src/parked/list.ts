import { Command } from 'commander';
import type { Context } from '../context.js';
import { age } from '../output/age.js';
import { table } from '../output/table.js';
import { parkedList } from './shapes.js';

export const listParked = (context: Context) =>
  new Command('list')
    .alias('ls')
    .description('list what projections and reactors could not follow')
    .action(async () => {
      const found = await context.api.get('/api/v1/parked', parkedList);
      if (found.silent.length > 0) context.progress(`No answer from: ${found.silent.join(', ')}`);
      context.show(found, ({ total, parked }) =>
        total === 0
          ? 'Nothing is parked.'
          : [
              table(
                ['SERVICE', 'READER', 'WORK', 'AGE', 'ERROR'],
                parked.map(({ service, reader, work, at, error }) => [
                  service,
                  reader,
                  work,
                  age(at, context.now()),
                  error,
                ]),
              ),
              ...(total > parked.length ? [`${total} in all.`] : []),
            ].join('\n'),
      );
    });
