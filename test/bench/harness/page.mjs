import { markdownTable } from './figures.mjs';

const INTRODUCTION = `# Benchmarks

Written by \`npm run bench\`; what is measured is in [test/bench](../test/bench), one file per heading. Figures beside each other come from
one run, measured in turns, and a ratio is the median over such pairs: compare ratios, not figures of different machines. In brackets
is the 95 % interval, from order statistics. A target that is missed stays as it is, with what bounds the figure.`;

/**
 * The page with one section in place of its last one; the rest stays.
 * @param {string} page as it is; empty for none
 * @param {{ title: string, text: string }} section
 */
export function mergedPage(page, { title, text }) {
  const kept = sectionsOf(page).set(title, text);
  const ordered = [...kept].sort(([a], [b]) => a.localeCompare(b, 'en'));
  const sections = ordered.map(([heading, body]) => `## ${heading}\n\n${body.trim()}`);
  return `${[INTRODUCTION, ...sections].join('\n\n')}\n`;
}

function sectionsOf(page) {
  const [, ...sections] = page.split(/^## /m);
  return new Map(
    sections.map((section) => {
      const end = section.indexOf('\n');
      return [section.slice(0, end).trim(), section.slice(end + 1)];
    }),
  );
}

/**
 * What one module found, below its heading.
 * @param {{ bench: import('./bench.mjs').Bench, rows: readonly import('./bench.mjs').Judged[], machine: object, load: readonly
 *   [number, number], date: string, long: boolean }} found `load`: the load average before and after
 */
export function sectionOf({ bench, rows, machine, load, date, long }) {
  const { cpu, cores, memoryGiB, kernel, system, node, commit } = machine;
  const on = `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Linux ${kernel}, Node ${node}`;
  const measured = `Measured on ${date} at ${commit} on ${on}; load average ${load[0].toFixed(1)} before, ${load[1].toFixed(1)} after${long ? '; long run' : ''}.`;
  return [bench.measures.trim(), markdownTable(rows), measured].join('\n\n');
}
