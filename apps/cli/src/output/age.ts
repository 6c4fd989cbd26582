const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** How long ago something was, in its largest unit: `3m`, `2d`. */
export function age(then: string | number | undefined, now: Date): string {
  const at = then === undefined ? Number.NaN : new Date(then).getTime();
  if (Number.isNaN(at)) return '-';
  const seconds = Math.max(0, Math.round((now.getTime() - at) / 1000));
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['s', 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
