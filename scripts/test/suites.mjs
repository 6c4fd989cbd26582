import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Failure } from '../lib/failure.mjs';
import { fromJest, fromTap, tally } from './tally.mjs';

/**
 * Jest's suites by the names of their files.
 * @type {Record<string, { patterns: string[], ignore?: string[], timeoutMs?: number }>}
 */
export const SUITES = {
  unit: { patterns: ['/(apps|libs|test/docs)/.*\\.spec\\.ts$'], ignore: ['\\.(int|e2e|slow)\\.spec\\.ts$'] },
  integration: { patterns: ['/(apps|libs|test/(differential|simulation))/.*\\.int\\.spec\\.ts$'] },
  'end to end': {
    patterns: ['/test/(e2e|contract|security)/.*\\.spec\\.ts$'],
    ignore: ['\\.slow\\.spec\\.ts$'],
  },
  slow: { patterns: ['\\.slow\\.spec\\.ts$'] },
  'planted bugs': { patterns: ['/test/simulation/bugs\\.sim\\.spec\\.ts$'] },
};

/**
 * Runs one suite, its output going to the terminal.
 * @param {{ root: string, node: string, environment?: NodeJS.ProcessEnv, workers?: number, signal: AbortSignal }} options
 * @returns {Promise<import('./tally.mjs').Tally>}
 */
export async function runSuite(
  { patterns, ignore = [] },
  { root, node, environment = {}, workers = 2, signal },
) {
  const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-test-'));
  const report = path.join(directory, 'report.json');
  try {
    const args = [
      '--experimental-vm-modules',
      '--no-warnings',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${report}`,
      `--maxWorkers=${workers}`,
      '--passWithNoTests',
      '--reporters=default',
      `--testPathPatterns=${patterns.join('|')}`,
      ...ignore.map((pattern) => `--testPathIgnorePatterns=${pattern}`),
    ];
    // With --json Jest prints the report as well as writing it: its own progress is on standard error.
    await exitOf(node, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'inherit'],
      signal,
    });
    return fromJest(JSON.parse(readFileSync(report, 'utf8')));
  } catch (error) {
    if (error.code === 'ENOENT') throw new Failure('Jest ended without a report.');
    throw error;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs tests that, like the scripts they are of, have no dependencies, with Node's own runner; one file after the other. */
export async function runScriptTests(pattern, { root, node, signal }) {
  const output = [];
  const child = spawn(node, ['--test', '--test-concurrency=1', '--test-reporter=tap', pattern], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  child.stdout.on('data', (chunk) => output.push(chunk));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const found = fromTap(Buffer.concat(output).toString('utf8'));
  return code === 0 || found.failed > 0 ? found : tally({ failed: 1, failures: [`${pattern} did not run`] });
}

const exitOf = (file, args, options) =>
  new Promise((resolve, reject) => spawn(file, args, options).once('error', reject).once('close', resolve));
