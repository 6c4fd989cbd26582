import {
  createJoinTokenRequest,
  destroyDataKeyRequest,
  headKeyRequest,
  hostKeyRequest,
  removeIdentityRequest,
  revokeJoinTokenRequest,
  sealKeyRequest,
  signHeadRequest,
} from '@bulkhead/contracts/commands/vault';
import { joinTokenAggregate } from '@bulkhead/domain';
import { commandHandler, pagesHandler, type RelayStore } from '@bulkhead/journal';
import { checkpointText } from '@bulkhead/transparency';
import { removeIdentity } from '../identities/remove-identity.js';
import { createJoinToken } from '../join-tokens/create-join-token.js';
import type { Placements } from '../registries/placements.js';
import type { Vault } from '../vault.js';
import { answer, commandOf, type Handler } from './handler.js';
import { registryHandlers } from './registry-handlers.js';
import { tokenHandlers } from './token-handlers.js';

/** What each kind of identity may ask of the vault over the bus. */
export function vaultHandlers(
  vault: Vault,
  pages: RelayStore,
  placements: Placements,
): Readonly<Record<string, Handler>> {
  const access = 'callers alone';
  const command = commandOf(vault);
  const heads = { publicKey: vault.heads.publicKey.toString('base64') };
  return {
    'create-join-token': commandHandler({
      callers: ['api', 'operator'],
      access,
      input: createJoinTokenRequest,
      handle: (context, { lifetimeSeconds, ...wish }) =>
        createJoinToken(vault.joinTokens, command(context, { lifetimeSeconds, ...wish }), {
          ...wish,
          lifetimeMs: lifetimeSeconds * 1000,
        }),
    }),
    'revoke-join-token': commandHandler({
      callers: ['api', 'operator'],
      access,
      input: revokeJoinTokenRequest,
      handle: (context, { joinToken }) =>
        vault.journal.execute(command(context, { joinToken }), async (decision) => {
          const token = await decision.load(joinTokenAggregate, joinToken);
          decision.append(token, joinTokenAggregate.decide({ type: 'revoke' }, token.state));
          return null;
        }),
    }),
    'remove-identity': commandHandler({
      callers: ['api', 'scheduler', 'operator'],
      access,
      input: removeIdentityRequest,
      handle: (context, { reason, ...identity }) =>
        removeIdentity(vault.journal, command(context, { ...identity, reason }), identity, reason),
    }),
    'host-key': commandHandler({
      callers: ['scheduler'],
      access,
      input: hostKeyRequest,
      async handle(_context, { kind, host }) {
        const { sealKey } = await vault.registry.requireActive({ kind, name: host });
        return { result: { sealKey: sealKey?.toString('base64') } };
      },
    }),
    'destroy-data-key': commandHandler({
      callers: ['api'],
      access,
      input: destroyDataKeyRequest,
      handle: (context, { organization, reason }) =>
        vault.dataKeys.destroy(
          command(context, { organization, reason }, organization),
          organization,
          reason,
        ),
    }),
    'seal-key': commandHandler({
      callers: ['api', 'scheduler'],
      access,
      input: sealKeyRequest,
      handle: () => answer({ publicKey: Buffer.from(vault.sealPublicKey).toString('base64') }),
    }),
    'head-key': commandHandler({
      callers: ['audit', 'api', 'scheduler', 'operator', 'host'],
      access,
      input: headKeyRequest,
      handle: () => answer(heads),
    }),
    'sign-head': commandHandler({
      callers: ['audit'],
      access,
      input: signHeadRequest,
      handle: (_context, { origin, size, root }) => {
        const text = checkpointText({ origin, size, root: Buffer.from(root, 'base64') });
        return answer({ ...heads, signature: vault.heads.sign(text).toString('base64') });
      },
    }),
    ...tokenHandlers(vault),
    ...registryHandlers(vault, placements),
    pages: pagesHandler(pages, access, ['api', 'scheduler', 'audit']),
  };
}
