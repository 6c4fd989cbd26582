import { Command } from 'commander';
import { anything } from '../api/shapes.js';
import type { Context } from '../context.js';

interface Verb {
  readonly name: 'retry' | 'discard';
  readonly description: string;
  readonly done: string;
}

/** What is done to one thing that was parked, named as the list names it. */
export const parkedVerb = (context: Context, { name, description, done }: Verb) =>
  new Command(name)
    .description(description)
    .argument('<service>', 'as bulkhead parked list shows it')
    .argument('<reader>')
    .argument('<work>', 'an aggregate of a projection, a position of a reactor')
    .action(async (service: string, reader: string, work: string) => {
      const asked = { service, reader, work };
      await context.api.post(`/api/v1/parked/${name}`, asked, anything, 60_000);
      context.show(asked, () => `${done} ${work} of ${reader}.`);
    });
