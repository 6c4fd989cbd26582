import type { Forward } from '@bulkhead/domain';

/** What a row needs to know of the host it is for. */
export interface Worker {
  readonly sealingKey: string;
  readonly forward: Forward | null;
}
