export type DataKeyCommand =
  | { readonly type: 'create'; readonly scope: string }
  | { readonly type: 'destroy'; readonly scope: string; readonly reason: string };
