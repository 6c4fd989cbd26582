export interface JoinTokenTerms {
  readonly joinToken: string;
  readonly kind: string;
  readonly name: string;
  readonly sha256: string;
  readonly expiresAt: string;
}

export type JoinTokenState =
  | { readonly status: 'absent' }
  | ({ readonly status: 'open' } & JoinTokenTerms)
  | ({ readonly status: 'revoked' } & JoinTokenTerms)
  | ({ readonly status: 'used'; readonly key: string } & JoinTokenTerms);
