import { toTimestamp } from '@bulkhead/contracts';
import {
  listRegistryCredentialsRequest,
  pullRegistryCredentialRequest,
  removeRegistryCredentialRequest,
  setRegistryCredentialRequest,
} from '@bulkhead/contracts/commands/vault';
import { commandHandler } from '@bulkhead/journal';
import type { Placements } from '../registries/placements.js';
import type { Vault } from '../vault.js';
import { commandOf, type Handler } from './handler.js';

/** What may be asked about organizations' credentials for registries. */
export function registryHandlers(
  { registryCredentials, registryReleases, now }: Vault,
  placements: Placements,
): Readonly<Record<string, Handler>> {
  const access = 'callers alone';
  const command = commandOf({ now });
  return {
    'set-registry-credential': commandHandler({
      callers: ['api'],
      access,
      input: setRegistryCredentialRequest,
      handle: (context, { sealed, ...of }) => {
        const credential = registryCredentials.unsealed(of, sealed);
        const set = command(context, { ...of, ...credential }, of.organization);
        return registryCredentials.set(set, of, credential);
      },
    }),
    'remove-registry-credential': commandHandler({
      callers: ['api'],
      access,
      input: removeRegistryCredentialRequest,
      handle: (context, of) => registryCredentials.remove(command(context, of, of.organization), of),
    }),
    'list-registry-credentials': commandHandler({
      callers: ['api'],
      access,
      input: listRegistryCredentialsRequest,
      handle: async (_context, { organization }) => {
        const found = await registryCredentials.list(organization);
        const registries = found.map(({ registry, setAt }) => ({ registry, setAt: toTimestamp(setAt) }));
        return { result: { registries } };
      },
    }),
    'pull-registry-credential': commandHandler({
      callers: ['host'],
      access,
      input: pullRegistryCredentialRequest,
      handle: async ({ id, caller }, wanted) => ({
        result: { credential: await registryReleases.toPull({ id, host: caller, ...wanted }, placements) },
      }),
    }),
  };
}
