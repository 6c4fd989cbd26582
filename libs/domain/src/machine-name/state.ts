import type { MachineId } from '../ids.js';

export type MachineNameState =
  { readonly status: 'free' } | { readonly status: 'taken'; readonly machine: MachineId };
