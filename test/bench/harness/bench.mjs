/**
 * One module of benchmarks: the default export of `<name>.bench.mjs`, run alone by `npm run bench -- <name>`.
 * @typedef {object} Bench
 * @property {string} title its heading on the page
 * @property {string} measures what is measured, how, and beside what, in a paragraph of Markdown
 * @property {Readonly<Record<string, Target>>} targets
 * @property {(context: Context) => Promise<readonly Row[]>} run
 */

/**
 * @typedef {object} Target
 * @property {string} what what it promises; stands in for the row where nothing was measured
 * @property {'figure' | 'ratio'} of which number of the row it is about
 * @property {'<=' | '>='} comparison
 * @property {number} figure
 * @property {string} unit
 */

/**
 * @typedef {object} Row
 * @property {string} what
 * @property {number} figure
 * @property {string} unit
 * @property {import('./statistics.mjs').Interval} [interval] of the figure, 95 %
 * @property {{ what: string, figure: number }} [peer] what was measured beside it, in the same unit
 * @property {{ figure: number, interval?: import('./statistics.mjs').Interval }} [ratio] ours to the peer's, by pairs
 * @property {string} [target] a key of the module's targets
 * @property {string} [bounds] what keeps the figure from being better; a missed target must say it
 */

/**
 * @typedef {object} Context
 * @property {string} root of the repository
 * @property {string} node the Node that services run with
 * @property {boolean} long whether to measure longer than is comfortable, for narrower intervals
 * @property {AbortSignal} signal
 * @property {(text: string) => void} say progress, below the module's name
 */

/** @typedef {'met' | 'missed' | 'not measured' | 'no target'} Verdict */

/** @typedef {Row & { verdict: Verdict, promise?: Target }} Judged */

/**
 * Rows with their verdicts, and one for each target that no row was about.
 * @param {Bench} bench @param {readonly Row[]} rows @returns {Judged[]}
 */
export function judge({ title, targets }, rows) {
  const stray = rows.find(({ target }) => target !== undefined && !(target in targets));
  if (stray)
    throw new Error(`benchmark ${title}: ${stray.what} names a target that is not there: ${stray.target}`);
  const measured = new Set(rows.map(({ target }) => target));
  const missing = Object.entries(targets).filter(([key]) => !measured.has(key));
  return [
    ...rows.map((row) => ({ ...row, ...verdictOf(targets[row.target ?? ''], row) })),
    ...missing.map(([key, promise]) => ({
      what: promise.what,
      figure: Number.NaN,
      unit: promise.unit,
      target: key,
      promise,
      verdict: 'not measured',
    })),
  ];
}

function verdictOf(promise, row) {
  if (!promise) return { verdict: 'no target' };
  const value = promise.of === 'ratio' ? row.ratio?.figure : row.figure;
  if (value === undefined || Number.isNaN(value)) return { promise, verdict: 'not measured' };
  const met = promise.comparison === '<=' ? value <= promise.figure : value >= promise.figure;
  return { promise, verdict: met ? 'met' : 'missed' };
}
