import type { MachineId } from '../ids.js';

const ADJECTIVES = [
  'amber',
  'brave',
  'calm',
  'dark',
  'early',
  'fine',
  'green',
  'high',
  'icy',
  'kind',
  'late',
  'mild',
  'nimble',
  'old',
  'quiet',
  'swift',
] as const;
const NOUNS = [
  'anchor',
  'beacon',
  'canal',
  'deck',
  'estuary',
  'fjord',
  'gull',
  'harbor',
  'island',
  'jetty',
  'keel',
  'lagoon',
  'mast',
  'oar',
  'pier',
  'tide',
] as const;

/** A name for a machine that was given none, from its id. */
export function nameOf(machine: MachineId): string {
  const digit = (at: number) => Number.parseInt(machine.charAt(at), 16) || 0;
  return `${ADJECTIVES[digit(0)] ?? 'calm'}-${NOUNS[digit(1)] ?? 'pier'}-${machine.slice(2, 10)}`;
}
