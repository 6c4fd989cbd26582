import type { OrganizationScope } from '@bulkhead/contracts';
import type { Command, CommandContext, CommandHandler } from '@bulkhead/journal';
import type { Vault } from '../vault.js';

/**
 * The vault keeps no projection of users and tokens: for what an administrator asks, the api has cleared the credential and sends
 * the command. So what a command needs is said whole by `callers`, which the bus vouches for.
 */
export type VaultAccess = 'callers alone';
export type Handler = CommandHandler<VaultAccess, null>;

export const answer = (result: unknown) => Promise.resolve({ result });

/** A command's id is its caller's own: two callers never share one. */
export const commandOf =
  ({ now }: Pick<Vault, 'now'>) =>
  (
    { id, name, caller, actor, cause }: CommandContext<null>,
    input: unknown,
    organization: OrganizationScope = 'platform',
  ): Command => ({
    id: `${caller}/${id}`,
    content: { name, input },
    actor: actor ?? { kind: 'service', id: caller },
    organization,
    now: now(),
    ...(cause === undefined ? {} : { cause }),
  });
