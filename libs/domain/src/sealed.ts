/**
 * A field that only a reader who needs it may see: written plain by a decision, sealed under the organization's
 * data key before it is committed, erased for ever once that key is destroyed. Deciders never look inside.
 */
export type Sealed<T> = { readonly $plain: T } | { readonly $sealed: string } | { readonly $erased: true };

export const plain = <T>(value: T): Sealed<T> => ({ $plain: value });
