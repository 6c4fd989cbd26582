import type { UserId } from '../ids.js';

export type UserCommand =
  | {
      readonly type: 'create';
      readonly user: UserId;
      /** By it caveats name the user; given once. */
      readonly number: number;
    }
  | { readonly type: 'disable' }
  | { readonly type: 'enable' }
  | { readonly type: 'erase' };
