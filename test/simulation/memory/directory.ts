import type { Connection } from './journal-stores.js';
import type { Transaction } from './transaction.js';
import type { Directory } from '../../../apps/scheduler/src/directory/directory.js';
import type { AppRow, IdentityRow, TokenRow } from '../../../apps/scheduler/src/storage/entities.js';

/** What the scheduler has read of api and vault, from its tables. */
export function memoryDirectory(connection: Connection): Directory {
  const find = <R>(read: (tx: Transaction) => R): Promise<R> => connection.alone(read);
  return {
    app: (id) =>
      find((tx) => {
        const row = tx.get('app', id);
        return row && ({ ...row, networkId: row['network_id'] } as unknown as AppRow);
      }),
    host: (name) =>
      find((tx) => {
        const row = tx.all('identity').find((identity) => identity['name'] === name);
        return row ? ({ ...row, sealKey: row['seal_key'] } as unknown as IdentityRow) : null;
      }),
    bySha256: (sha256) =>
      find((tx) => {
        const row = tx.all('token').find((token) => token['sha256'] === sha256) as unknown as
          TokenRow | undefined;
        if (!row) return null;
        const { id, organization, access, revoked } = row;
        return {
          token: id,
          scope: organization
            ? { kind: 'organization', organization, access: access ?? 'read' }
            : { kind: 'platform' },
          sha256,
          expiresAt: null,
          revoked,
        };
      }),
  };
}
