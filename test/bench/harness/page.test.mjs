import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from './bench.mjs';
import { digits, markdownTable, textTable } from './figures.mjs';
import { mergedPage, sectionOf } from './page.mjs';

const bench = {
  title: 'Journal',
  measures: 'Commits, beside bare inserts.',
  targets: {
    commits: { what: 'commits/s', of: 'ratio', comparison: '>=', figure: 0.5, unit: '×' },
    lag: { what: 'lag, p99', of: 'figure', comparison: '<=', figure: 100, unit: 'ms' },
    rebuild: { what: 'rebuild', of: 'ratio', comparison: '>=', figure: 0.3, unit: '×' },
  },
};
const rows = judge(bench, [
  {
    what: 'commits',
    figure: 4012.3,
    unit: '/s',
    interval: [3900, 4100],
    peer: { what: 'pgbench', figure: 10_000 },
    ratio: { figure: 0.4, interval: [0.38, 0.43] },
    target: 'commits',
    bounds: 'CPU of one core',
  },
  { what: 'lag, p99', figure: 12.345, unit: 'ms', target: 'lag' },
  { what: 'statements', figure: 2, unit: '' },
]);

test('each row has its verdict, and a target without a measurement says so', () => {
  assert.deepEqual(
    rows.map(({ what, verdict }) => [what, verdict]),
    [
      ['commits', 'missed'],
      ['lag, p99', 'met'],
      ['statements', 'no target'],
      ['rebuild', 'not measured'],
    ],
  );
});

test('a row about a target that is not there is an error', () => {
  assert.throws(() => judge(bench, [{ what: 'x', figure: 1, unit: '', target: 'y' }]), /not there: y/);
});

test('a table shows figure, interval, peer, ratio, target, verdict and cause', () => {
  const [, , commits, lag] = markdownTable(rows).split('\n');
  assert.equal(
    commits,
    '| commits | 4,012 /s (3,900–4,100) | pgbench: 10,000 /s | 0.4 × (0.38–0.43) | ≥ 0.5 × | missed | CPU of one core |',
  );
  assert.equal(lag, '| lag, p99 | 12.3 ms | - | - | ≤ 100 ms | met | - |');
  assert.match(textTable(rows)[1], /^commits .* missed {2,}CPU of one core$/);
});

test('a missed target without a cause says that it has none', () => {
  const [row] = judge(bench, [{ what: 'lag', figure: 101, unit: 'ms', target: 'lag' }]);
  assert.match(markdownTable([row]), /missed \| cause not known/);
});

test('a section says what it was measured on', () => {
  const machine = {
    cpu: 'A CPU',
    cores: 2,
    memoryGiB: 8,
    kernel: '6.1',
    system: 'Debian',
    node: 'v24',
    commit: 'abc',
  };
  const text = sectionOf({ bench, rows, machine, load: [0.42, 1.9], date: '2026-01-02', long: false });
  assert.match(text, /^Commits, beside bare inserts\.\n\n\| what /);
  assert.match(
    text,
    /Measured on 2026-01-02 at abc on A CPU, 2 cores, 8 GiB, Debian, Linux 6\.1, Node v24; load average 0\.4 before, 1\.9 after\.$/,
  );
});

test('what did not run stays on the page, in the order of titles', () => {
  const first = mergedPage('', { title: 'Journal', text: 'old' });
  const both = mergedPage(first, { title: 'Audit', text: 'proofs' });
  const again = mergedPage(both, { title: 'Journal', text: 'new\n\n| a |' });
  assert.match(again, /^# Benchmarks\n[^]*\n## Audit\n\nproofs\n\n## Journal\n\nnew\n\n\| a \|\n$/);
  assert.equal(mergedPage(again, { title: 'Audit', text: 'proofs' }), again);
});

test('figures have the digits that mean something', () => {
  assert.deepEqual([1234.5, 99.96, 12.345, 0.012345, Number.NaN].map(digits), [
    '1,235',
    '100',
    '12.3',
    '0.0123',
    '-',
  ]);
});
