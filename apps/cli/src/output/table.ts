const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/** Columns as wide as their widest cell, two spaces apart. Control characters, which a name or log could smuggle in, are shown. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | null | undefined)[])[],
): string {
  const cells = [headings, ...rows].map((row) => row.map((cell) => printable(cell ?? '-')));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names with their values, one a line. */
export function facts(pairs: readonly (readonly [string, string | null | undefined])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${printable(value ?? '-')}`).join('\n');
}

export const printable = (text: string): string =>
  text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
