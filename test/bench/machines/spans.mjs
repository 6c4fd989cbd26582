/** @typedef {import('./collector.mjs').Span} Span */

const TO_THE_WORKER = [
  ['API: to the scheduler', 'handle scheduler.start-machine', 'startMs'],
  ['scheduler: decide and commit', 'handle scheduler.start-machine', 'endMs'],
];
const VMM = [
  ['worker: row and image', 'vmm', 'startMs'],
  ['VMM: jail, QEMU, tap', 'vmm', 'endMs'],
];

/** Where one part ends and the next begins: what the part is, and which span's start or end that is. */
export const PARTS = {
  start: [
    ...TO_THE_WORKER,
    ['relay and feed: to the worker', 'machine start', 'startMs'],
    ...VMM,
    ['guest: kernel and init', 'guest boots', 'endMs'],
    ['guest: configuration and entry point', 'guest configures', 'endMs'],
  ],
  resume: [
    ...TO_THE_WORKER,
    ['relay and feed: to the worker', 'machine resume', 'startMs'],
    ...VMM,
    ['memory', 'memory', 'endMs'],
    ['guest: goes on, clock', 'guest resumes', 'endMs'],
  ],
};
const LAST_PART = 'report, route, app: to the first answer';

/** Names of the spans that parts are read from. */
export const namesOf = (parts) => [...new Set(parts.map(([, name]) => name))];

/**
 * What a start or a resume is made of, each part beginning where the last one ended: together they are the whole.
 * @param {(typeof PARTS)['start']} parts @param {readonly Span[]} spans
 * @param {{ from: number, until: number }} whole wall clock, as the client saw it
 * @returns {Map<string, number>} milliseconds by part
 */
export function spansOf(parts, spans, { from, until }) {
  const marks = parts.map(([what, name, end]) => [what, spans.find((span) => span.name === name)[end]]);
  return new Map(
    [...marks, [LAST_PART, until]].map(([what, mark], index) => [
      what,
      mark - (marks[index - 1]?.[1] ?? from),
    ]),
  );
}
