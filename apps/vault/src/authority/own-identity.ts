import { ProcessIdentity, type CredentialSource } from '@bulkhead/pki';
import type { Vault } from '../vault.js';

const SELF = { kind: 'vault', name: 'vault' } as const;

/** The vault's own identity: it is its own authority, so it needs no token, no file and nobody else. */
export function openOwnIdentity({
  authority,
  now,
}: Pick<Vault, 'authority' | 'now'>): Promise<ProcessIdentity> {
  const source: CredentialSource = {
    enroll: (request) => authority.issue(SELF, request),
    renew: (request) => authority.issue(SELF, request),
  };
  return ProcessIdentity.open({ kind: SELF.kind, source, now });
}
