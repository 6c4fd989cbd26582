export type IdentityCommand =
  | {
      readonly type: 'enroll';
      readonly kind: string;
      readonly name: string;
      readonly joinToken: string;
      readonly sealKey: string | null;
    }
  | { readonly type: 'remove'; readonly reason: string };
