import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  fold,
  isLiving,
  machineAggregate,
  type LivingMachine,
  type MachineConfig,
  type MachineEvent,
} from '@bulkhead/domain';
import {
  appId,
  hostId,
  hostMachineRow,
  hostRowContext,
  instanceRow,
  newAppId,
  newHostId,
  newInstanceId,
  newMachineId,
  newOrganizationId,
} from '@bulkhead/contracts';
import { DataKeySealer, sealLeaves } from '@bulkhead/journal';
import { generateSealKeyPair, SealedBoxError, unseal } from '@bulkhead/pki';
import { MemoryDataKeys } from '@bulkhead/testing';
import { hostRowOf } from './host-row.js';
import { instanceRowOf } from './instance-row.js';

const organization = newOrganizationId();
const [host, machine, instance] = [hostId.parse(newHostId()), newMachineId(), newInstanceId()];
const generation = { epoch: 1, count: 1 };
const config: MachineConfig = {
  image: 'app:1',
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  env: { $plain: { PASSWORD: 'hunter2' } },
  services: [
    { protocol: 'tcp', internal_port: 80, ports: [{ port: 443, handlers: ['tls'], force_https: true }] },
  ],
};
const key = generateSealKeyPair();
const worker = { sealingKey: Buffer.from(key.publicKey).toString('base64'), forward: null };

let keys: MemoryDataKeys;
let sealer: DataKeySealer;
let state: LivingMachine;

beforeEach(async () => {
  keys = new MemoryDataKeys();
  sealer = new DataKeySealer(keys);
  state = await machineAt('fdaa:0:7:a7b:1:0:1:2');
});

async function machineAt(address: string): Promise<LivingMachine> {
  const sealed = (value: unknown) => sealLeaves(sealer, organization, value);
  const created = {
    machine,
    app: appId.parse(newAppId()),
    appName: 'shop',
    organization,
    name: 'web',
    region: 'fra',
    instance,
    config: (await sealed(config)) as MachineConfig,
    launch: true,
    cordoned: false,
  };
  const place = { host, region: 'fra', generation, networkId: 7, reason: 'created' as const };
  const events: MachineEvent[] = [
    { type: 'MachineCreated', data: created },
    {
      type: 'MachinePlaced',
      data: { ...place, address: (await sealed({ $plain: address })) as { $sealed: string } },
    },
  ];
  const folded = fold(machineAggregate, events);
  if (!isLiving(folded)) throw new Error('it lives');
  return folded;
}

describe("a host's row", () => {
  it('opens for that host and that machine alone, and shows nothing before', async () => {
    const row = hostMachineRow.parse(await hostRowOf(sealer, state, worker));
    expect(JSON.stringify(row)).not.toContain('hunter2');
    expect(JSON.stringify(row)).not.toContain('fdaa');
    const open = (pair = key, context = hostRowContext(host, machine)) =>
      JSON.parse(Buffer.from(unseal(pair, Buffer.from(row.sealed, 'base64'), context)).toString());
    expect(open()).toMatchObject({ address: 'fdaa:0:7:a7b:1:0:1:2', config: { env: config.env } });
    expect(() => open(generateSealKeyPair())).toThrow(SealedBoxError);
    expect(() => open(key, hostRowContext(host, newMachineId()))).toThrow(SealedBoxError);
  });

  it('is gone once the data of its organization is erased', async () => {
    keys.destroy(organization);
    sealer.forget(organization);
    expect(await hostRowOf(sealer, state, worker)).toBeNull();
    expect(await instanceRowOf(sealer, state, worker)).toBeNull();
  });

  it('waits while the vault is away, rather than to show the host less', async () => {
    keys.away = true;
    sealer.forget(organization);
    await expect(hostRowOf(sealer, state, worker)).rejects.toMatchObject({ retryable: true });
  });
});

describe("an instance's row", () => {
  it('tells edges how to reach a machine, and nothing of what it runs', async () => {
    const row = instanceRow.parse(await instanceRowOf(sealer, state, worker));
    expect(row).toMatchObject({ started: false, healthy: true, reach: { kind: 'direct' }, appName: 'shop' });
    expect(row.services).toEqual([
      {
        protocol: 'tcp',
        internal_port: 80,
        ports: [{ port: 443, handlers: ['tls'], force_https: true, hsts: true }],
        concurrency: { type: 'connections', soft_limit: 20, hard_limit: 100_000 },
      },
    ]);
    expect(JSON.stringify(row)).not.toMatch(/app:1|\$sealed|env/);
  });
});
