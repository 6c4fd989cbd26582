import { BEGINNING, type Note } from './kernel/kernel.js';

const MOST_LINES = 250;

/** What happened, a line each: seconds since the beginning, where, what. The end says most. */
export function timelineOf(notes: readonly Note[]): string {
  const shown = notes.slice(-MOST_LINES);
  const lines = shown.map(
    ({ at, where, what }) =>
      `${((at - BEGINNING) / 1000).toFixed(3).padStart(9)}  ${where.padEnd(10)}  ${what}`,
  );
  const left = notes.length - shown.length;
  return [...(left > 0 ? [`(${left} lines before)`] : []), ...lines].join('\n');
}
