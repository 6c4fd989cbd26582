export type JoinTokenCommand =
  | {
      readonly type: 'create';
      readonly joinToken: string;
      readonly kind: string;
      readonly name: string;
      readonly sha256: string;
      readonly expiresAt: string;
      readonly now: string;
    }
  | { readonly type: 'use'; readonly sha256: string; readonly key: string; readonly now: string }
  | { readonly type: 'revoke' };
