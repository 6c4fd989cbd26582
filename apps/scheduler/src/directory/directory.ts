import type { AppId } from '@bulkhead/domain';
import type { TokenDirectory } from '@bulkhead/auth';
import { databaseError } from '@bulkhead/journal';
import type { DataSource } from 'typeorm';
import { AppRow, IdentityRow, TokenRow } from '../storage/entities.js';

/** What the scheduler has read in the journals of api and vault. It may lag behind them by moments. */
export interface Directory extends TokenDirectory {
  app(id: AppId): Promise<AppRow | null>;
  /** Who has enrolled under a name; a name is given once, to one kind. */
  host(name: string): Promise<IdentityRow | null>;
}

export const directoryOf = (source: DataSource): Directory => ({
  app: (id) => translated(source.getRepository(AppRow).findOneBy({ id })),
  host: (name) => translated(source.getRepository(IdentityRow).findOneBy({ name })),
  async bySha256(sha256) {
    const row = await translated(source.getRepository(TokenRow).findOneBy({ sha256 }));
    if (!row) return null;
    const { id, organization, access, expiresAt, revoked } = row;
    return {
      token: id,
      scope: organization
        ? { kind: 'organization', organization, access: access ?? 'read' }
        : { kind: 'platform' },
      sha256: row.sha256,
      expiresAt: expiresAt?.toISOString() ?? null,
      revoked,
    };
  },
});

/** A database that is away is something to wait for, whoever asks it. */
const translated = <T>(found: Promise<T>): Promise<T> =>
  found.catch((error: unknown) => {
    throw databaseError(error);
  });
