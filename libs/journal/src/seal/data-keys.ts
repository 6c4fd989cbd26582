import type { OrganizationScope } from '@bulkhead/contracts';

export interface DataKey {
  /** Stands in each sealed value, one token. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

/** Where data keys come from: the vault over the bus, or memory in tests. */
export interface DataKeys {
  /**
   * The organization's data key, made at its first use; `destroyed` for ever after its destruction.
   * @throws RetryableError while the vault can't be reached.
   */
  get(organization: OrganizationScope): Promise<DataKey | 'destroyed'>;
}
