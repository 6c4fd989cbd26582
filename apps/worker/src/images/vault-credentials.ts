import { newId, RetryableError, TerminalError, type HostMachineRow } from '@bulkhead/contracts';
import {
  pullRegistryCredentialResult,
  registryCredential,
  registryReleaseContext,
} from '@bulkhead/contracts/commands/vault';
import type { HostId, MachineConfig } from '@bulkhead/domain';
import { parseReference, type Credentials } from '@bulkhead/images';
import type { CommandBus } from '@bulkhead/journal';
import { unseal, type SealKeyPair } from '@bulkhead/pki';

/** What a machine's image is pulled with. Asked for when a registry is to be asked, and kept for that pull alone. */
export type PullCredentials = (
  row: HostMachineRow,
  config: MachineConfig,
) => Promise<Credentials | undefined>;

/**
 * Asks the vault for what a machine's image needs. The vault judges whether the machine is placed here; what it answers opens with
 * this host's key, for this machine and registry.
 * @throws RetryableError while the vault or the scheduler is away; TerminalError where the vault refuses.
 */
export const vaultCredentials =
  (host: HostId, keys: SealKeyPair | undefined, commands: Pick<CommandBus, 'command'>): PullCredentials =>
  async ({ machine, generation }, { image, resolved_image: resolved }) => {
    const needed = resolved?.credential;
    if (needed === undefined || !keys) return undefined;
    requireFrom(needed, image);
    const asked = { id: newId(), input: { machine, generation } };
    const { result } = await commands.command(
      'vault',
      'pull-registry-credential',
      asked,
      pullRegistryCredentialResult,
    );
    if (!result.credential) return undefined;
    const { registry, sealed } = result.credential;
    if (registry !== needed)
      throw new RetryableError('feed_behind', `machine ${machine} has another image by now`, 1_000);
    const box = Buffer.from(sealed, 'base64');
    const opened = unseal(keys, box, registryReleaseContext(host, machine, registry));
    return registryCredential.parse(JSON.parse(Buffer.from(opened).toString('utf8')));
  };

/** Whoever wrote the row: a credential for one registry is shown to no other. */
function requireFrom(registry: string, image: string): void {
  const reference = parseReference(image);
  if (reference.kind === 'registry' && reference.host === registry) return;
  throw new TerminalError(
    'registry_forbidden',
    `${image} is not from ${registry}, whose credential is meant for it`,
  );
}
