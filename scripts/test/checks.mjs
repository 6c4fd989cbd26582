import path from 'node:path';
import { run } from '../lib/run.mjs';
import { tally } from './tally.mjs';

const bin = (name) => path.join('node_modules/.bin', name);

/** Checks of the sources that are no tests; each counts as one. */
export const CHECKS = [
  { name: 'format', args: [bin('prettier'), '--check', '--log-level=warn', '.'], mend: 'npm run format' },
  { name: 'lint', args: [bin('eslint'), '.'], mend: 'npm run lint' },
  {
    name: 'types',
    args: ['node_modules/ts7/lib/tsc.js', '--noEmit', '-p', 'tsconfig.json'],
    mend: 'npm run typecheck',
  },
  { name: 'dead code', args: [bin('knip'), '--no-progress', '--no-config-hints'], mend: 'npx knip' },
];

/** @returns {Promise<import('./tally.mjs').Tally>} */
export async function runCheck({ name, args, mend }, { root, node, say }) {
  try {
    await run(node, args, { cwd: root, what: name });
    return tally({ passed: 1 });
  } catch (error) {
    say(error.message);
    return tally({ failed: 1, failures: [`${name} (see: ${mend})`] });
  }
}
