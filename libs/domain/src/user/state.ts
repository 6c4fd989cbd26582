import type { UserId } from '../ids.js';

export type UserState =
  | { readonly status: 'absent' }
  | { readonly status: 'active' | 'disabled' | 'erased'; readonly user: UserId; readonly number: number };
