/** What users, guests and visitors do, and how often in relation to one another. */
export const DEEDS = {
  create: 10,
  start: 8,
  stop: 8,
  restart: 6,
  suspend: 5,
  destroy: 4,
  update: 5,
  replace: 2,
  'set metadata': 3,
  cordon: 1,
  uncordon: 1,
  execute: 5,
  'take a lease': 5,
  'give a lease back': 3,
  'ask again': 3,
  'app exits': 8,
  request: 22,
  nothing: 5,
} as const;
export type DeedKind = keyof typeof DEEDS;
