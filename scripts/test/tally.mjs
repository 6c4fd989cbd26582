/**
 * How many tests passed, failed and were skipped; a skip says what and why.
 * @typedef {{ passed: number, failed: number, skipped: number, failures: string[], skips: string[] }} Tally
 */

/** @returns {Tally} */
export const tally = (part = {}) => ({ passed: 0, failed: 0, skipped: 0, failures: [], skips: [], ...part });

/** @param {readonly Tally[]} parts @returns {Tally} */
export const sum = (parts) =>
  parts.reduce(
    (all, part) => ({
      passed: all.passed + part.passed,
      failed: all.failed + part.failed,
      skipped: all.skipped + part.skipped,
      failures: [...all.failures, ...part.failures],
      skips: [...all.skips, ...part.skips],
    }),
    tally(),
  );

/** Reads Jest's JSON result. A file that can't even be loaded is one failure. */
export function fromJest(report) {
  return sum(
    report.testResults.map((file) => {
      const named = (status) =>
        file.assertionResults.filter((test) => status.includes(test.status)).map((test) => test.fullName);
      const skips = named(['pending', 'todo', 'skipped', 'disabled']);
      const failures = named(['failed']);
      const broken = file.status === 'failed' && failures.length === 0 ? [`${file.name} can't be run`] : [];
      return tally({
        passed: named(['passed']).length,
        failed: failures.length + broken.length,
        skipped: skips.length,
        failures: [...failures, ...broken],
        skips,
      });
    }),
  );
}

/** Reads the summary that Node's own test runner prints as TAP. */
export function fromTap(text) {
  const count = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const failures = [...text.matchAll(/^not ok \d+ - (.*)$/gm)].map(([, name]) => name);
  const failed = count('fail') + count('cancelled');
  return tally({ passed: count('pass'), failed, skipped: count('skipped') + count('todo'), failures });
}

export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
