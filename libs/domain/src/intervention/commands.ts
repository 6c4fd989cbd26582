import type { Intervention } from './state.js';

export type InterventionCommand = { readonly type: 'order' } & Intervention;
