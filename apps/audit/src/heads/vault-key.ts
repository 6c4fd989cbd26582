import { headKeyResult, signHeadResult } from '@bulkhead/contracts/commands/vault';
import { systemRandom, type CommandBus } from '@bulkhead/journal';
import type { LogKey } from './head-signer.js';

/** The log's key where it lies: in the vault, which signs checkpoints and nothing else with it. */
export async function vaultKey(commands: CommandBus): Promise<LogKey> {
  const id = (what: string) => `${what}.${systemRandom.id()}`;
  const { result } = await commands.command(
    'vault',
    'head-key',
    { id: id('head-key'), input: {} },
    headKeyResult,
  );
  return {
    publicKey: Buffer.from(result.publicKey, 'base64'),
    sign: async ({ origin, size, root }) => {
      const input = { origin, size, root: root.toString('base64') };
      const signed = await commands.command(
        'vault',
        'sign-head',
        { id: id('sign-head'), input },
        signHeadResult,
      );
      return Buffer.from(signed.result.signature, 'base64');
    },
  };
}
