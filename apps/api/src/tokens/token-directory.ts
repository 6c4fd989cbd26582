import type { TokenDirectory } from '@bulkhead/auth';
import type { DataSource } from 'typeorm';
import { TokenRow } from '../read-model/entities.js';

/** Tokens as the api's own read model knows them. */
export const tokenDirectory = (source: DataSource): TokenDirectory => ({
  async bySha256(sha256) {
    const row = await source.getRepository(TokenRow).findOneBy({ sha256 });
    if (!row) return null;
    const { id: token, organization, access, expiresAt, revokedAt } = row;
    const scope =
      organization === null
        ? ({ kind: 'platform' } as const)
        : ({ kind: 'organization', organization, access: access ?? 'read' } as const);
    return {
      token,
      scope,
      sha256: row.sha256,
      expiresAt: expiresAt?.toISOString() ?? null,
      revoked: revokedAt !== null,
    };
  },
});
