import { TerminalError } from '@bulkhead/contracts';
import type { Sql } from '@bulkhead/journal';
import type { Identity } from '@bulkhead/pki';

export interface KnownIdentity {
  readonly status: 'active' | 'removed';
  /** A host's X25519 public key. */
  readonly sealKey: Buffer | null;
}

/** Who has enrolled, as rows written in the transaction of the events that say so. */
export class IdentityRegistry {
  constructor(private readonly sql: Sql) {}

  async find({ kind, name }: Identity): Promise<KnownIdentity | undefined> {
    const [row] = await this.sql.query<{ status: 'active' | 'removed'; seal_key: Buffer | null }>(
      'select status, seal_key from identity where kind = $1 and name = $2',
      [kind, name],
    );
    return row && { status: row.status, sealKey: row.seal_key };
  }

  /** @throws TerminalError `identity_removed` or `identity_unknown` (403). */
  async requireActive(identity: Identity): Promise<KnownIdentity> {
    const found = await this.find(identity);
    if (found?.status === 'active') return found;
    const who = `${identity.kind} ${identity.name}`;
    throw found
      ? new TerminalError('identity_removed', `${who} was removed; it can only join anew, as somebody else`, {
          status: 403,
        })
      : new TerminalError('identity_unknown', `${who} never enrolled here`, { status: 403 });
  }
}
