import { newHostId, newMachineId, type HostMachineRow } from '@bulkhead/contracts';
import { registryReleaseContext } from '@bulkhead/contracts/commands/vault';
import type { MachineConfig } from '@bulkhead/domain';
import type { CommandBus } from '@bulkhead/journal';
import { generateSealKeyPair, seal, SealedBoxError } from '@bulkhead/pki';
import { vaultCredentials } from './vault-credentials.js';

const host = newHostId();
const keys = generateSealKeyPair();
const machine = newMachineId();
const row = { machine, generation: { epoch: 1, count: 2 } } as HostMachineRow;
const config = (credential?: string): MachineConfig => ({
  image: 'registry.example/app:1',
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  resolved_image: {
    digest: `sha256:${'a'.repeat(64)}`,
    labels: {},
    ...(credential === undefined ? {} : { credential }),
  },
});
const bob = { username: 'bob', password: 'secret' };
const box = (context: string) =>
  Buffer.from(seal(keys.publicKey, Buffer.from(JSON.stringify(bob)), context)).toString('base64');

/** A vault that always answers the same. */
function vault(credential: { registry: string; sealed: string } | null) {
  const asked: unknown[] = [];
  const commands = {
    command: (service: string, name: string, { input }: { input: unknown }) => {
      asked.push([service, name, input]);
      return Promise.resolve({ result: { credential }, touched: [] });
    },
  } as unknown as Pick<CommandBus, 'command'>;
  return { asked, ask: (of: MachineConfig) => vaultCredentials(host, keys, commands)(row, of) };
}

it('are asked for by machine and generation, and opened', async () => {
  const sealed = box(registryReleaseContext(host, machine, 'registry.example'));
  const { asked, ask } = vault({ registry: 'registry.example', sealed });
  expect(await ask(config('registry.example'))).toEqual(bob);
  expect(asked).toEqual([
    ['vault', 'pull-registry-credential', { machine, generation: { epoch: 1, count: 2 } }],
  ]);
});

it('are not asked for where the image needs none', async () => {
  const { asked, ask } = vault(null);
  expect(await ask(config())).toBeUndefined();
  expect(asked).toEqual([]);
});

it('may be gone by now', async () => {
  expect(await vault(null).ask(config('registry.example'))).toBeUndefined();
});

it('are not asked for where they would be shown to another registry', async () => {
  const { asked, ask } = vault(null);
  const forbidden = { code: 'registry_forbidden' };
  for (const image of ['evil.example/app:1', 'oci:/images/app', 'registry.example:8443/app'])
    await expect(ask({ ...config('registry.example'), image })).rejects.toMatchObject(forbidden);
  expect(asked).toEqual([]);
});

it('go to no other registry than they are for', async () => {
  const sealed = box(registryReleaseContext(host, machine, 'other.example'));
  await expect(
    vault({ registry: 'other.example', sealed }).ask(config('registry.example')),
  ).rejects.toMatchObject({ code: 'feed_behind', retryable: true });
  const renamed = vault({ registry: 'registry.example', sealed }).ask(config('registry.example'));
  await expect(renamed).rejects.toThrow(SealedBoxError);
});
