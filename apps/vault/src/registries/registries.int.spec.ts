import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { newHostId, newId, newMachineId, newOrganizationId } from '@bulkhead/contracts';
import { placementRequest, type PlacementResult } from '@bulkhead/contracts/commands/scheduler';
import {
  listRegistryCredentialsResult,
  pullRegistryCredentialResult,
  registryCredential,
  registryCredentialContext,
  registryReleaseContext,
  type RegistryCredential,
} from '@bulkhead/contracts/commands/vault';
import type { MachineId, OrganizationId } from '@bulkhead/domain';
import { CommandBus, commandHandler, natsBus, serveCommands } from '@bulkhead/journal';
import { seal, SealedBoxError, unseal, VaultClient, type ProcessIdentity } from '@bulkhead/pki';
import { connectBus, createLogger } from '@bulkhead/platform';
import { eventually, startPostgres, type TestPostgres } from '@bulkhead/testing';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { VaultFixture } from '../vault-fixture.js';

const CANARY = 'canary-7f3a9c51e2';
const REGISTRY = 'registry.example:5000';
const credential: RegistryCredential = { username: 'bob', password: CANARY };
const GENERATION = { epoch: 1_700_000_000, count: 3 };

let postgres: TestPostgres;
let fixture: VaultFixture;
let vaultUrl: string;
let connections: NatsConnection[];
/** Everything the vault logged. */
let log: string[];
let api: { identity: ProcessIdentity; bus: CommandBus };
let worker: { identity: ProcessIdentity; bus: CommandBus };
/** Where the scheduler says that machines are. */
let placements: Map<MachineId, PlacementResult['placement']>;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  log = [];
  const logger = createLogger('vault', 'trace', { write: (line: string) => void log.push(line) });
  fixture = await VaultFixture.create(postgres, logger);
  connections = [];
  placements = new Map();
  const served = await fixture.serve();
  vaultUrl = served.url;
  const { url } = await fixture.startBus();
  await served.connect(url);
  api = await joined('api', url);
  worker = await joined('worker', url);
  await schedule(url);
}, 60_000);
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await fixture.close();
});

async function joined(kind: 'api' | 'worker' | 'scheduler', url: string) {
  const identity = await fixture.join(kind);
  const connection = await connectBus(url, identity, fixture.logger);
  connections.push(connection);
  return { identity, connection, bus: new CommandBus(natsBus(connection), identity.caller) };
}

async function schedule(url: string): Promise<void> {
  const { connection } = await joined('scheduler', url);
  serveCommands<null, null>({
    bus: natsBus(connection),
    service: 'scheduler',
    clear: () => null,
    handlers: {
      placement: commandHandler({
        callers: ['vault'],
        access: null,
        input: placementRequest,
        handle: (_context, { machine }) =>
          Promise.resolve({ result: { placement: placements.get(machine) ?? null } }),
      }),
    },
  });
  await connection.flush();
}

const ask = async <T>(
  { bus }: { bus: CommandBus },
  name: string,
  content: Record<string, unknown>,
  schema: z.ZodType<T>,
  id = newId(),
) => (await bus.command('vault', name, { id, input: content }, schema, { deadlineMs: 5_000 })).result;

async function set(organization: OrganizationId, registry = REGISTRY, kept = credential, id = newId()) {
  const key = await new VaultClient(vaultUrl).sealKey(api.identity.tls);
  const box = seal(key, Buffer.from(JSON.stringify(kept)), registryCredentialContext(organization, registry));
  const sealed = Buffer.from(box).toString('base64');
  return ask(api, 'set-registry-credential', { organization, registry, sealed }, z.null(), id);
}

const resolve = (organization: OrganizationId, by = api, registry = REGISTRY) =>
  new VaultClient(vaultUrl).registryCredential(organization, registry, { ...by.identity.tls });
const list = (organization: OrganizationId) =>
  ask(api, 'list-registry-credentials', { organization }, listRegistryCredentialsResult);

function place(organization: OrganizationId, over: Partial<NonNullable<PlacementResult['placement']>> = {}) {
  const machine = newMachineId();
  const host = worker.identity.identity.name as NonNullable<PlacementResult['placement']>['host'];
  placements.set(machine, { host, generation: GENERATION, organization, registry: REGISTRY, ...over });
  return machine;
}
const pull = (machine: MachineId, generation = GENERATION, by = worker) =>
  ask(by, 'pull-registry-credential', { machine, generation }, pullRegistryCredentialResult);

const opened = (machine: MachineId, sealed: string, context?: string): unknown => {
  const keys = worker.identity.sealKeyPair;
  if (!keys) throw new Error('a worker has keys');
  const { name } = worker.identity.identity;
  const bytes = unseal(
    keys,
    Buffer.from(sealed, 'base64'),
    context ?? registryReleaseContext(name, machine, REGISTRY),
  );
  return registryCredential.parse(JSON.parse(Buffer.from(bytes).toString()));
};

const envelope = z.object({
  organization: z.string(),
  actor: z.object({ kind: z.string(), id: z.string() }),
  events: z.array(z.object({ type: z.string(), data: z.record(z.string(), z.unknown()) })),
});
async function events() {
  const rows = await fixture.storage.database.query<{ body: Buffer }>(
    `select body from envelope where aggregate like 'registry-%' order by id`,
  );
  return rows
    .map(({ body }) => envelope.parse(JSON.parse(body.toString())))
    .flatMap(({ events, ...of }) => events.map((event) => ({ ...of, ...event })));
}

it('keeps a credential for one organization, lists names and gives it to the api alone', async () => {
  const [ours, theirs] = [newOrganizationId(), newOrganizationId()];
  await set(ours);
  expect(await list(ours)).toEqual({ registries: [{ registry: REGISTRY, setAt: expect.any(String) }] });
  expect(await list(theirs)).toEqual({ registries: [] });
  expect(await resolve(ours)).toEqual(credential);
  expect(await resolve(theirs)).toBeUndefined();
  expect(await resolve(ours, api, 'other.example')).toBeUndefined();
  await expect(resolve(ours, worker)).rejects.toMatchObject({ code: 'registry_credential_denied' });

  await set(ours, REGISTRY, { username: 'bob', password: 'another' });
  expect(await resolve(ours)).toEqual({ username: 'bob', password: 'another' });
  const one = { organization: ours, registry: REGISTRY };
  await ask(api, 'remove-registry-credential', one, z.null());
  expect(await resolve(ours)).toBeUndefined();
  await expect(ask(api, 'remove-registry-credential', one, z.null())).rejects.toMatchObject({
    code: 'not_found',
    status: 404,
  });
  const released = { ...one, purpose: 'resolve', receiver: 'api', machine: null };
  expect((await events()).map(({ type, data }) => ({ type, data }))).toEqual([
    { type: 'RegistryCredentialSet', data: one },
    { type: 'RegistryCredentialReleased', data: released },
    { type: 'RegistryCredentialSet', data: one },
    { type: 'RegistryCredentialReleased', data: released },
    { type: 'RegistryCredentialRemoved', data: one },
  ]);
});

it('sets the same credential once for one wish, and another is another wish', async () => {
  const organization = newOrganizationId();
  const id = newId();
  await set(organization, REGISTRY, credential, id);
  await set(organization, REGISTRY, credential, id);
  expect((await events()).map(({ type }) => type)).toEqual(['RegistryCredentialSet']);
  await expect(set(organization, REGISTRY, { ...credential, password: 'other' }, id)).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
});

it('takes no box that was sealed for another organization or registry', async () => {
  const [ours, theirs] = [newOrganizationId(), newOrganizationId()];
  const key = await new VaultClient(vaultUrl).sealKey(api.identity.tls);
  const box = seal(key, Buffer.from(JSON.stringify(credential)), registryCredentialContext(ours, REGISTRY));
  const sealed = Buffer.from(box).toString('base64');
  for (const of of [
    { organization: theirs, registry: REGISTRY },
    { organization: ours, registry: 'evil.example' },
  ])
    await expect(ask(api, 'set-registry-credential', { ...of, sealed }, z.null())).rejects.toMatchObject({
      code: 'invalid_sealed_box',
    });
});

describe('a host', () => {
  it('gets what a machine placed on it needs, sealed to it', async () => {
    const organization = newOrganizationId();
    await set(organization);
    const machine = place(organization);
    const { credential: given } = await pull(machine);
    expect(given?.registry).toBe(REGISTRY);
    expect(opened(machine, given?.sealed ?? '')).toEqual(credential);
    const elsewhere = registryReleaseContext(newHostId(), machine, REGISTRY);
    expect(() => opened(machine, given?.sealed ?? '', elsewhere)).toThrow(SealedBoxError);
    expect((await events()).at(-1)).toEqual({
      organization,
      actor: { kind: 'host', id: worker.identity.identity.name },
      type: 'RegistryCredentialReleased',
      data: {
        organization,
        registry: REGISTRY,
        purpose: 'pull',
        receiver: worker.identity.identity.name,
        machine,
      },
    });
  });

  it('gets nothing for a machine elsewhere, of another generation, or that nobody knows; each refusal is an event', async () => {
    const organization = newOrganizationId();
    await set(organization);
    const elsewhere = place(organization, { host: newHostId() });
    const here = place(organization);
    const unknown = newMachineId();
    const refusal = { code: 'placement_not_held', status: 403 };
    await expect(pull(elsewhere)).rejects.toMatchObject(refusal);
    await expect(pull(here, { ...GENERATION, count: 2 })).rejects.toMatchObject(refusal);
    await expect(pull(here, { ...GENERATION, epoch: 1 })).rejects.toMatchObject(refusal);
    await expect(pull(unknown)).rejects.toMatchObject(refusal);
    const refused = (machine: MachineId) => ({
      organization: 'platform',
      actor: { kind: 'host', id: worker.identity.identity.name },
      type: 'RegistryCredentialRefused',
      data: { machine, receiver: worker.identity.identity.name, code: 'placement_not_held' },
    });
    expect((await events()).slice(1)).toEqual([elsewhere, here, here, unknown].map(refused));
  });

  it('gets nothing once it was removed, and only what its own organization has', async () => {
    const [ours, theirs] = [newOrganizationId(), newOrganizationId()];
    await set(ours);
    expect(await pull(place(theirs))).toEqual({ credential: null });
    expect(await pull(place(ours, { registry: 'other.example' }))).toEqual({ credential: null });
    expect(await pull(place(ours, { registry: null }))).toEqual({ credential: null });
    const machine = place(ours);
    expect((await pull(machine)).credential).not.toBeNull();
    await ask(api, 'remove-identity', { ...worker.identity.identity, reason: 'sold' }, z.unknown());
    await expect(pull(machine)).rejects.toMatchObject({ code: 'identity_removed' });
    expect((await events()).at(-1)).toMatchObject({ type: 'RegistryCredentialRefused' });
  });

  it('that asks without end is turned away before it fills the journal', async () => {
    const machine = newMachineId();
    const asked = 100;
    const answers = await Promise.all(
      Array.from({ length: asked }, () =>
        worker.bus
          .command(
            'vault',
            'pull-registry-credential',
            { id: newId(), input: { machine, generation: GENERATION } },
            z.unknown(),
            { deadlineMs: 150, answerMs: 60_000 },
          )
          .catch((error: unknown) => z.object({ code: z.string() }).parse(error).code),
      ),
    );
    const turnedAway = answers.filter((code) => code === 'too_many_requests').length;
    expect(turnedAway).toBeGreaterThan(0);
    expect((await events()).length).toBeLessThanOrEqual(asked - turnedAway);
  });

  it('may send none of the commands that are the api’s', async () => {
    const organization = newOrganizationId();
    for (const name of ['set', 'remove', 'list'])
      await expect(
        ask(
          worker,
          `${name}-registry-credential${name === 'list' ? 's' : ''}`,
          { organization },
          z.unknown(),
        ),
      ).rejects.toMatchObject({ code: 'caller_not_allowed' });
    await expect(
      ask(api, 'pull-registry-credential', { machine: newMachineId(), generation: GENERATION }, z.unknown()),
    ).rejects.toMatchObject({ code: 'caller_not_allowed' });
  });
});

describe('at rest', () => {
  it('a row put in the place of another does not open', async () => {
    const [ours, theirs] = [newOrganizationId(), newOrganizationId()];
    await set(ours);
    await set(theirs, REGISTRY, { username: 'eve', password: 'hers' });
    await set(theirs, 'eve.example', { username: 'eve', password: 'hers' });
    const swap = (organization: string, registry: string) =>
      fixture.storage.database.query(
        `update registry_credential set sealed =
           (select sealed from registry_credential where organization = $1 and registry = $2)
         where organization = $3 and registry = $4`,
        [ours, REGISTRY, organization, registry],
      );
    await swap(theirs, REGISTRY);
    await swap(theirs, 'eve.example');
    for (const registry of [REGISTRY, 'eve.example'])
      await expect(resolve(theirs, api, registry)).rejects.toMatchObject({ code: 'vault_row_damaged' });
    await expect(pull(place(theirs))).rejects.toMatchObject({ code: 'vault_row_damaged' });
    expect((await events()).filter(({ type }) => type === 'RegistryCredentialReleased')).toEqual([]);
    expect(await resolve(ours)).toEqual(credential);
  });

  it('no password is in the database, on the bus or in a log', async () => {
    const organization = newOrganizationId();
    await set(organization);
    await resolve(organization);
    await pull(place(organization));
    await expect(pull(newMachineId())).rejects.toBeDefined();
    const streamed = () => filesBelow(join(fixture.directory, 'nats'));
    await eventually(async () =>
      (await streamed()).some((text) => text.includes('RegistryCredentialReleased')),
    );
    const dump = await dumpOf(fixture.superuser.url);
    expect(dump).toContain(`${organization}\t${REGISTRY}\t`);
    expect(log.length).toBeGreaterThan(0);
    for (const text of [dump, ...(await filesBelow(fixture.directory)), ...log])
      for (const form of formsOf(CANARY)) expect(text.includes(form)).toBe(false);
  });

  it('credentials go with the data of an erased organization', async () => {
    const organization = newOrganizationId();
    await set(organization);
    await ask(api, 'destroy-data-key', { organization, reason: 'erased' }, z.unknown());
    expect(await list(organization)).toEqual({ registries: [] });
    expect(await resolve(organization)).toBeUndefined();
    expect((await events()).map(({ type }) => type)).toEqual([
      'RegistryCredentialSet',
      'RegistryCredentialRemoved',
    ]);
  });
});

/** As a search would find it: as it is, in base64 at any offset, and in hex, as `bytea` is dumped. */
function formsOf(text: string): string[] {
  const inner = [0, 1, 2].map((pad) =>
    Buffer.from('x'.repeat(pad) + text)
      .toString('base64')
      .slice(pad === 0 ? 0 : 4, -4),
  );
  return [text, Buffer.from(text).toString('hex'), ...inner];
}

async function dumpOf(url: string): Promise<string> {
  const dump = spawn('pg_dump', ['--no-owner', url], { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  dump.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(dump, 'close')) as [number];
  if (code !== 0) throw new Error(`pg_dump ended with ${code}`);
  return Buffer.concat(chunks).toString('utf8');
}

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  );
}
