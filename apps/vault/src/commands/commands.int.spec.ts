import { newId, newOrganizationId } from '@bulkhead/contracts';
import {
  createJoinTokenResult,
  headKeyResult,
  hostKeyResult,
  sealKeyResult,
  signHeadResult,
} from '@bulkhead/contracts/commands/vault';
import { CommandBus, natsBus } from '@bulkhead/journal';
import type { ProcessIdentity } from '@bulkhead/pki';
import { connectBus, showRenewedCredentials } from '@bulkhead/platform';
import { eventually, startPostgres, type TestPostgres } from '@bulkhead/testing';
import { checkpointNote, openCheckpoint } from '@bulkhead/transparency';
import type { NatsConnection } from 'nats';
import { z } from 'zod';
import { VaultFixture } from '../vault-fixture.js';

let postgres: TestPostgres;
let fixture: VaultFixture;
let connections: NatsConnection[];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());
beforeEach(async () => {
  fixture = await VaultFixture.create(postgres);
  connections = [];
});
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  await fixture.close();
});

async function commandsOf(identity: ProcessIdentity, url: string): Promise<CommandBus> {
  const connection = await connectBus(url, identity, fixture.logger);
  connections.push(connection);
  showRenewedCredentials(connection, identity, fixture.logger);
  return new CommandBus(natsBus(connection), identity.caller);
}

const input = (content: Record<string, unknown>) => ({ id: newId(), input: content });

describe('the vault on the bus', () => {
  it('commits before there is a bus, and its relay catches up', async () => {
    const { vault, connect } = await fixture.serve();
    const scheduler = await fixture.join('scheduler');
    const { url } = await fixture.startBus();
    await connect(url);
    const connection = await connectBus(url, scheduler, fixture.logger);
    connections.push(connection);
    const consumer = await eventually(() =>
      connection
        .jetstream()
        .consumers.get('EV_vault', {})
        .catch(() => undefined),
    );
    const seen: string[] = [];
    for await (const message of await consumer.consume()) {
      seen.push(
        ...z
          .object({ events: z.array(z.object({ type: z.string() })) })
          .parse(message.json())
          .events.map(({ type }) => type),
      );
      if (seen.includes('IdentityEnrolled')) break;
    }
    expect(seen).toEqual(
      expect.arrayContaining(['DataKeyCreated', 'JoinTokenCreated', 'JoinTokenUsed', 'IdentityEnrolled']),
    );
    expect(seen.filter((type) => type === 'IdentityEnrolled')).toHaveLength(1);
    expect(await vault.registry.find(scheduler.identity)).toMatchObject({ status: 'active' });
  });

  it('lets each caller do what is its own, and nothing else', async () => {
    const { connect } = await fixture.serve();
    const { url } = await fixture.startBus();
    await connect(url);
    const [api, scheduler, audit, worker] = (await Promise.all(
      (['api', 'scheduler', 'audit', 'worker'] as const).map((kind) => fixture.join(kind)),
    )) as [ProcessIdentity, ProcessIdentity, ProcessIdentity, ProcessIdentity];
    const [asApi, asScheduler, asAudit, asWorker] = (await Promise.all(
      [api, scheduler, audit, worker].map((identity) => commandsOf(identity, url)),
    )) as [CommandBus, CommandBus, CommandBus, CommandBus];

    const wish = input({ kind: 'worker', lifetimeSeconds: 60 });
    const made = await asApi.command('vault', 'create-join-token', wish, createJoinTokenResult);
    const again = await asApi.command('vault', 'create-join-token', wish, createJoinTokenResult);
    expect(again.result).toEqual(made.result);
    const second = await fixture.join('worker', { name: 'second', token: made.result.token });
    expect(second.identity.name).toBe(made.result.name);

    const key = await asScheduler.command(
      'vault',
      'host-key',
      input({ kind: 'worker', host: worker.identity.name }),
      hostKeyResult,
    );
    expect(Buffer.from(key.result.sealKey, 'base64')).toEqual(
      Buffer.from(worker.sealKeyPair?.publicKey ?? []),
    );

    const head = { origin: 'bulkhead.example/log', size: 3, root: Buffer.alloc(32, 7) };
    const signed = await asAudit.command(
      'vault',
      'sign-head',
      input({ ...head, root: head.root.toString('base64') }),
      signHeadResult,
    );
    const publicKey = Buffer.from(signed.result.publicKey, 'base64');
    const note = checkpointNote(head, publicKey, Buffer.from(signed.result.signature, 'base64'));
    expect(openCheckpoint(note, publicKey)).toMatchObject(head);
    const asked = await asWorker.command('vault', 'head-key', input({}), headKeyResult);
    expect(asked.result.publicKey).toBe(signed.result.publicKey);
    expect(
      (await asApi.command('vault', 'seal-key', input({}), sealKeyResult)).result.publicKey,
    ).toHaveLength(44);

    const denied = { code: 'caller_not_allowed' };
    const nothing = z.unknown();
    await expect(asWorker.command('vault', 'create-join-token', wish, nothing)).rejects.toMatchObject(denied);
    await expect(asWorker.command('vault', 'host-key', input({}), nothing)).rejects.toMatchObject(denied);
    await expect(asAudit.command('vault', 'destroy-data-key', input({}), nothing)).rejects.toMatchObject(
      denied,
    );
    await expect(asApi.command('vault', 'sign-head', input({}), nothing)).rejects.toMatchObject(denied);
    const erase = input({ organization: newOrganizationId(), reason: 'test' });
    await expect(asScheduler.command('vault', 'destroy-data-key', erase, nothing)).rejects.toMatchObject(
      denied,
    );
    await expect(asApi.command('vault', 'destroy-data-key', erase, nothing)).resolves.toBeDefined();
    await expect(
      asApi.command('vault', 'remove-identity', input({ ...worker.identity, reason: 'sold' }), nothing),
    ).resolves.toBeDefined();
    await expect(worker.renew()).rejects.toMatchObject({ code: 'identity_removed' });
  });

  it('keeps no join token where it could be read again', async () => {
    const { vault } = await fixture.serve();
    const { token } = await fixture.token(vault, 'worker');
    const [, secret] = token.split('.');
    const rows = await fixture.storage.database.query<{ text: string }>(
      `select answer as text from command union all select convert_from(body, 'UTF8') from envelope`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.filter(({ text }) => text.includes(secret ?? ''))).toEqual([]);
  });
});

it('carries on under credentials of five seconds, with no call failing', async () => {
  const { connect } = await fixture.serve({ serviceMs: 5_000, hostMs: 5_000 });
  const { url } = await fixture.startBus();
  await connect(url);
  const worker = await fixture.join('worker');
  const scheduler = await fixture.join('scheduler');
  const asScheduler = await commandsOf(scheduler, url);
  let renewals = 0;
  scheduler.onRenew(() => (renewals += 1));
  let calls = 0;
  const end = Date.now() + 12_000;
  while (Date.now() < end) {
    const asked = input({ kind: 'worker', host: worker.identity.name });
    await asScheduler.command('vault', 'host-key', asked, hostKeyResult, { answerMs: 500 });
    calls += 1;
  }
  expect(renewals).toBeGreaterThanOrEqual(3);
  expect(calls).toBeGreaterThan(100);
}, 60_000);
