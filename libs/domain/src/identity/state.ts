export type IdentityState =
  | { readonly status: 'absent' }
  | {
      readonly status: 'active' | 'removed';
      readonly kind: string;
      readonly name: string;
      readonly joinToken: string;
      readonly sealKey: string | null;
    };
