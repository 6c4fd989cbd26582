import { join } from 'node:path';
import { newId, type Actor } from '@bulkhead/contracts';
import { IDENTITY_KINDS, type IdentityKind } from '@bulkhead/pki';
import { z } from 'zod';
import { createJoinToken, joinTokenText } from '../join-tokens/create-join-token.js';
import type { Vault } from '../vault.js';
import { provideFile } from './provide-file.js';

/** Long enough for a start that waits for somebody; made anew by the next `init` where it ran out unused. */
const LIFETIME_MS = 24 * 3600_000;
const ACTOR: Actor = { kind: 'bootstrap', id: 'init' };

const terms = z.strictObject({
  joinToken: z.string(),
  kind: z.enum(IDENTITY_KINDS),
  name: z.string(),
  expiresAt: z.string(),
});
type Terms = z.infer<typeof terms>;

/**
 * The token with which a service, or the first host, enrols at its first start: in `<directory>/<kind>/join-token`, until it is
 * used. Its text can be made again from what the vault keeps, so a run that broke off before the file goes on with the same token.
 */
export async function provideFirstJoinToken(
  vault: Vault,
  directory: string,
  kind: IdentityKind,
): Promise<boolean> {
  const id = `first-join-token/${kind}`;
  const kept = await vault.keyring.provide(id, terms, () => make(vault, kind));
  const current = await renewed(vault, id, kept);
  if (!current) return false;
  const text = joinTokenText(vault.joinTokens, current.joinToken);
  return provideFile(join(directory, kind, 'join-token'), `${text}\n`, 0o600);
}

/** The token that is still to be used; undefined where one was. */
async function renewed(vault: Vault, id: string, kept: Terms): Promise<Terms | undefined> {
  if (await vault.registry.find(kept)) return undefined;
  if (kept.expiresAt > vault.now().toISOString()) return kept;
  const fresh = await make(vault, kept.kind);
  await vault.keyring.replace(id, fresh);
  return fresh;
}

async function make(vault: Vault, kind: IdentityKind): Promise<Terms> {
  const content = { kind, for: 'init' };
  const command = { id: newId(), content, actor: ACTOR, organization: 'platform', now: vault.now() } as const;
  const { result } = await createJoinToken(vault.joinTokens, command, { kind, lifetimeMs: LIFETIME_MS });
  const { token: _, ...kept } = result;
  return kept;
}
