import type { AppId } from '../ids.js';

export type AppNameCommand =
  | { readonly type: 'take'; readonly name: string; readonly app: AppId }
  | { readonly type: 'release'; readonly name: string; readonly app: AppId };
