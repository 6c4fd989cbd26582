export type RootKeyState =
  | { readonly status: 'absent' }
  | { readonly status: 'active'; readonly number: number; readonly key: string }
  | { readonly status: 'destroyed' };
