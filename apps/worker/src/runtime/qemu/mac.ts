/** A locally administered address made of a machine's id: stable across its starts. */
export function macAddress(machine: string): string {
  return `02:${(machine.slice(0, 10).match(/../g) ?? []).join(':')}`;
}
