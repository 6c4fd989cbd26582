import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import prettier from 'prettier';
import { judge } from './bench.mjs';
import { textTable } from './figures.mjs';
import { describeMachine, loadAverage } from './machine.mjs';
import { mergedPage, sectionOf } from './page.mjs';

/** Every module below test/bench, by name. @returns {Promise<import('./bench.mjs').Bench[]>} */
export async function findBenches(root) {
  const files = globSync('test/bench/**/*.bench.mjs', { cwd: root }).sort();
  return Promise.all(
    files.map(async (file) => (await import(pathToFileURL(path.join(root, file)).href)).default),
  );
}

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
