/** @typedef {import('./bench.mjs').Judged} Judged */

/** Three digits that mean something, and no more. */
export function digits(value) {
  if (Number.isNaN(value)) return '-';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

const withInterval = (figure, unit, interval) =>
  `${digits(figure)} ${unit}`.trim() + (interval ? ` (${digits(interval[0])}–${digits(interval[1])})` : '');

export const COLUMNS = ['what', 'figure (95 %)', 'beside', 'ratio (95 %)', 'target', 'verdict', 'bound by'];

/** @param {Judged} row */
export const cellsOf = ({ what, figure, unit, interval, peer, ratio, promise, verdict, bounds }) => [
  what,
  Number.isNaN(figure) ? '-' : withInterval(figure, unit, interval),
  peer ? `${peer.what}: ${digits(peer.figure)} ${unit}` : '-',
  ratio ? withInterval(ratio.figure, '×', ratio.interval) : '-',
  promise ? `${promise.comparison === '<=' ? '≤' : '≥'} ${digits(promise.figure)} ${promise.unit}` : '-',
  verdict === 'no target' ? '-' : verdict,
  bounds ?? (verdict === 'missed' ? 'cause not known' : '-'),
];

/** Rows as aligned text for a terminal. @param {readonly Judged[]} rows */
export function textTable(rows) {
  const lines = [COLUMNS, ...rows.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...lines.map((cells) => cells[column].length)));
  return lines.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** Rows as a Markdown table. @param {readonly Judged[]} rows */
export function markdownTable(rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows.map((row) => line(cellsOf(row)))].join('\n');
}
