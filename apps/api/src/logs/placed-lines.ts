import { metrics } from '@opentelemetry/api';
import type { LogReader } from './log-reader.js';
import type { HostedMachine, Placements } from './placements.js';

const key = ({ host, machine }: HostedMachine): string => `${host} ${machine}`;

/**
 * Takes a host's word only for machines that are or were placed on it: the bus holds a host to its own subjects, not to the apps it may
 * speak of. Other lines are left out and counted, and `refused` hears of each host that sent some.
 */
export function placedLines(
  reader: LogReader,
  placements: Placements,
  refused: (host: string, lines: number) => void,
): LogReader {
  const counter = metrics.getMeter('bulkhead').createCounter('bulkhead_api_log_lines_refused_total', {
    description: "Lines of machines' output that a host sent of machines it never had.",
  });
  return {
    async read(asked) {
      const { lines, next } = await reader.read(asked);
      const hosted = lines.map(({ host, line: { machine } }) => ({ host, machine }));
      const distinct = [...new Map(hosted.map((pair) => [key(pair), pair])).values()];
      const placed = new Set((await placements.of(asked.app, distinct)).map(key));
      const isPlaced = ({ host, line: { machine } }: (typeof lines)[number]) =>
        placed.has(key({ host, machine }));
      const foreign = Map.groupBy(
        lines.filter((line) => !isPlaced(line)),
        ({ host }) => host,
      );
      for (const [host, { length }] of foreign) {
        counter.add(length, { host });
        refused(host, length);
      }
      return { lines: lines.filter(isPlaced), next };
    },
  };
}
