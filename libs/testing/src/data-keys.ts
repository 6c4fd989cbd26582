import { createHash } from 'node:crypto';
import type { DataKey, DataKeys } from '@bulkhead/journal';
import { RetryableError, type OrganizationScope } from '@bulkhead/contracts';

/** A vault's data keys in memory; can be away, and can destroy. */
export class MemoryDataKeys implements DataKeys {
  private readonly destroyed = new Set<OrganizationScope>();
  /** How often it was asked. */
  asked = 0;
  away = false;

  get(organization: OrganizationScope): Promise<DataKey | 'destroyed'> {
    this.asked++;
    if (this.away) return Promise.reject(new RetryableError('vault_unavailable', 'the vault is away', 100));
    if (this.destroyed.has(organization)) return Promise.resolve('destroyed');
    const key = createHash('sha256').update(`test key of ${organization}`).digest();
    return Promise.resolve({ id: key.subarray(0, 4).toString('hex'), key });
  }

  destroy(organization: OrganizationScope): void {
    this.destroyed.add(organization);
  }
}
