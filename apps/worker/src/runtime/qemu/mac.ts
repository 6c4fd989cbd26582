/** The hardware address of a machine's network card: locally administered, stable across its starts. */
export function macAddress(machine: string): string {
  return `02:${octets(machine)}`;
}

/** That of the host's end of its link, stable too: a resumed guest goes on sending to the one it knows. */
export function hostMacAddress(machine: string): string {
  return `06:${octets(machine)}`;
}

function octets(machine: string): string {
  return (machine.slice(0, 10).match(/../g) ?? []).join(':');
}
