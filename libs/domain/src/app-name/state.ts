import type { AppId } from '../ids.js';

export type AppNameState = { readonly status: 'free' } | { readonly status: 'taken'; readonly app: AppId };
