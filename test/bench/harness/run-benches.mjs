import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import prettier from 'prettier';
import { judge } from './bench.mjs';
import { textTable } from './figures.mjs';
import { describeMachine, loadAverage } from './machine.mjs';
import { mergedPage, sectionOf } from './page.mjs';

/** The files of all modules below test/bench, by name. @returns {Map<string, string>} */
export const findBenches = (root) =>
  new Map(
    globSync('test/bench/**/*.bench.mjs', { cwd: root })
      .sort()
      .map((file) => [path.basename(file, '.bench.mjs'), path.join(root, file)]),
  );

/** @returns {Promise<import('./bench.mjs').Bench>} */
export const loadBench = async (file) => (await import(pathToFileURL(file).href)).default;

/** Runs one module and judges what it found. */
export async function runBench(bench, context) {
  const before = loadAverage();
  const rows = judge(bench, await bench.run(context));
  return {
    bench,
    rows,
    machine: describeMachine(context.root),
    load: [before, loadAverage()],
    date: new Date().toISOString().slice(0, 10),
    long: context.long,
  };
}

/** Puts what a module found on the page, in the repository's format. */
export async function writePage(root, found) {
  const file = path.join(root, 'docs/benchmarks.md');
  const page = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const merged = mergedPage(page, { title: found.bench.title, text: sectionOf(found) });
  const options = await prettier.resolveConfig(file);
  writeFileSync(file, await prettier.format(merged, { ...options, parser: 'markdown' }));
}

export function printFound({ bench, rows, load }, say) {
  say(`\n${bench.title} (load average ${load.map((value) => value.toFixed(1)).join(' to ')})`);
  for (const line of textTable(rows)) say(`  ${line}`);
}
