import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EXPECTED } from './expected.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');

/**
 * Runs seeds, shared out among as many processes as there are processors.
 * @param {{ from?: number, seeds: number, seconds?: number, bug?: string, node?: string, signal?: AbortSignal }} asked
 * @param {(line: string) => void} say
 * @returns {Promise<{ passed: number, failures: string[] }>}
 */
export async function runSeeds(
  { from = 1, seeds, seconds = 86_400, bug, node = process.execPath, signal },
  say,
) {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-simulation-'));
  const begun = performance.now();
  try {
    const shards = Math.max(1, Math.min(availableParallelism(), seeds));
    const reports = Array.from({ length: shards }, (_, nth) => path.join(directory, `${nth}.jsonl`));
    const ends = reports.map((report, nth) => {
      const shard = { from: from + nth, seeds: seeds - nth, step: shards, seconds, report, bug };
      return runJest(
        node,
        'test/simulation/seeds.sim.spec.ts',
        { BULKHEAD_SIMULATION: JSON.stringify(shard) },
        signal,
      );
    });
    const output = await Promise.all(ends);
    return judge(
      reports.flatMap(linesOf),
      { seeds, elapsed: (performance.now() - begun) / 1_000, output },
      say,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function judge(lines, { seeds, elapsed, output }, say) {
  const results = lines.filter((line) => 'digest' in line);
  const counts = new Map();
  for (const { coverage } of results)
    for (const [kind, names] of Object.entries(coverage))
      for (const [name, times] of Object.entries(names))
        counts.set(`${kind}: ${name}`, (counts.get(`${kind}: ${name}`) ?? 0) + times);
  say(`simulated, and unlike what is shipped: ${adapters().join(', ')}`);
  for (const [what, times] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    say(`${String(times).padStart(9)}  ${what}`);
  const failures = results.flatMap(({ seed, violation }) =>
    violation ? [`seed ${seed}: ${violation}`] : [],
  );
  for (const { seed, shrunk, timeline } of lines.filter((line) => 'timeline' in line))
    say(`seed ${seed}, shrunk to ${shrunk}:\n${timeline}`);
  // A handful of seeds says nothing about what never occurs.
  const never = results.length < 200 ? [] : EXPECTED.filter((what) => !counts.has(what));
  failures.push(...never.map((what) => `under none of ${results.length} seeds occurred ${what}`));
  if (results.length === 0) failures.push(`no seed ran:\n${output.join('\n').slice(-2_000)}`);
  say(`${results.length} of ${seeds} seeds in ${elapsed.toFixed(0)} s`);
  return { passed: results.length - results.filter(({ violation }) => violation).length, failures };
}

/** What stands in for real servers, networks and machines; all else is the shipped code. */
const adapters = () => readdirSync(path.join(here, 'memory')).filter((name) => !name.endsWith('.spec.ts'));

function linesOf(report) {
  try {
    return readFileSync(report, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function runJest(node, file, environment, signal) {
  const args = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '-i', file];
  const child = spawn(node, args, {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  return new Promise((resolve, reject) =>
    child.once('error', reject).once('close', () => resolve(Buffer.concat(output).toString('utf8'))),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '500' },
      from: { type: 'string', default: '1' },
      bug: { type: 'string' },
    },
  });
  const node = path.join(root, 'node_modules/.bin/node');
  const { failures } = await runSeeds(
    { seeds: Number(values.seeds), from: Number(values.from), bug: values.bug, node },
    console.log,
  );
  for (const failure of failures) console.log(failure);
  process.exitCode = failures.length > 0 ? 1 : 0;
}
