import { Command } from 'commander';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { journals, type Journal } from './shapes.js';

export const journalStatus = (context: Context) =>
  new Command('status').description('each journal beside the stream that carries it').action(async () => {
    const found = await context.api.get('/api/v1/journals', journals);
    context.show(found.journals, (rows) =>
      [
        table(
          ['JOURNAL', 'POSITION', 'EPOCH', 'STREAM', 'RELAY', 'SURPLUS'],
          rows.map(({ service, problem, head, stream, relay, surplus }) => [
            service,
            problem ?? String(head?.position ?? '-'),
            head?.epoch,
            stream ? `${stream.first_sequence}..${stream.last_sequence}` : 'none',
            relay && (relay.why ?? relay.state),
            surplus === null ? '-' : String(surplus),
          ]),
        ),
        '',
        table(
          ['PROJECTION', 'OF', 'POSITION', 'BEHIND', 'STATE'],
          rows.flatMap((row) => projectionsOf(row, rows)),
        ),
      ].join('\n'),
    );
  });

function projectionsOf({ projections }: Journal, all: readonly Journal[]): string[][] {
  return (projections ?? []).map(({ name, journal, cursor, state, why }) => {
    const head = all.find(({ service }) => service === journal)?.head;
    const behind = head ? String(Math.max(0, head.position - cursor.position)) : '-';
    return [name, journal, String(cursor.position), behind, why ?? state];
  });
}
