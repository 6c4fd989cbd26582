import type { StopWish } from '@bulkhead/domain';

/** How a machine is to be stopped, of a command that says more. */
export const stopWishOf = ({ signal, timeoutMs }: StopWish): StopWish => ({
  ...(signal === undefined ? {} : { signal }),
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
});
