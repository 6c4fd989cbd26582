import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createUser } from '@nats-io/nkeys';
import { eventually, freePort } from '@bulkhead/testing';
import { connect, Events, jwtAuthenticator, nkeys, type NatsConnection } from 'nats';
import {
  CertificateAuthority,
  createBusKeys,
  createRoot,
  generatePrivateKey,
  IDENTITY_KINDS,
  callerOf,
  isHost,
  isService,
  publicKeyOf,
  renderServerSettings,
  signAccountAnew,
  signBusTrust,
  signUserJwt,
  type BusKeys,
  type Identity,
  type IdentityKind,
} from '../index.js';

const HOST = 'host_01hzzzzzzzzzzzzzzzzzzzzzz1';
const OTHER_HOST = 'host_01hzzzzzzzzzzzzzzzzzzzzzz2';
const identities: Identity<IdentityKind>[] = IDENTITY_KINDS.map((kind) => ({
  kind,
  name: isHost(kind) ? HOST : kind,
}));

let server: ChildProcess;
let directory: string;
let port: number;
let authority: CertificateAuthority;
let keys: BusKeys;
/** Writes the server's settings for the keys there are now. */
let configure: () => Promise<void>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bulkhead-bus-'));
  port = await freePort();
  const root = await createRoot('Bulkhead test root', { now: new Date(), lifetimeMs: 3600_000 });
  authority = await CertificateAuthority.open(root);
  keys = createBusKeys();
  const tls = await certified({ kind: 'nats', name: 'nats' });
  await writeFile(join(directory, 'ca.pem'), root.certificate);
  await writeFile(join(directory, 'cert.pem'), tls.cert);
  await writeFile(join(directory, 'key.pem'), tls.key);
  await copyFile(
    new URL('../../../../infra/nats/nats-server.conf', import.meta.url),
    join(directory, 'nats-server.conf'),
  );
  const settings = {
    name: 'test',
    host: '127.0.0.1',
    port,
    storeDirectory: join(directory, 'jetstream'),
    certificateFile: join(directory, 'cert.pem'),
    keyFile: join(directory, 'key.pem'),
    caFile: join(directory, 'ca.pem'),
  };
  const trust = await signBusTrust(keys);
  configure = async () => {
    const text = renderServerSettings(settings, await signAccountAnew(keys, trust));
    await writeFile(join(directory, 'instance.conf'), text);
  };
  await configure();
  server = spawn('nats-server', ['-c', join(directory, 'nats-server.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await ready(server);
});

afterAll(async () => {
  server.kill();
  await once(server, 'exit');
  await rm(directory, { recursive: true });
});

describe('each kind of identity on the bus', () => {
  /** Every class of subject, who may publish to it and who may hear it. */
  const callers = [...new Set([...identities.map(callerOf), OTHER_HOST])];
  const services = ['api', 'scheduler', 'vault', 'audit'];
  const classes: Subject[] = [
    ...services.flatMap((target) =>
      callers.map((caller) => ({
        subject: `bh.cmd.${target}.anything.${caller}`,
        publish: (who: Identity<IdentityKind>) => callerOf(who) === caller,
        subscribe: is(target),
      })),
    ),
    ...services.map((target) => ({ subject: `bh.cmd.${target}.*.*`, subscribe: is(target) })),
    ...callers.map((caller) => ({
      subject: `_IN.${caller}.x`,
      publish: (who: Identity<IdentityKind>) => isService(who.kind),
      subscribe: (who: Identity<IdentityKind>) => callerOf(who) === caller,
    })),
    ...services.flatMap((owner) => [
      { subject: `bh.event.${owner}.app.x`, publish: is(owner) },
      { subject: `bh.wake.${owner}`, publish: is(owner), subscribe: is(owner) },
      { subject: `$JS.API.STREAM.CREATE.EV_${owner}`, publish: is(owner) },
      { subject: `$JS.API.STREAM.DELETE.EV_${owner}`, publish: is(owner) },
      { subject: `$JS.API.STREAM.UPDATE.EV_${owner}`, publish: is(owner) },
      { subject: `$JS.API.STREAM.MSG.GET.EV_${owner}`, publish: is(...services) },
      { subject: `$JS.API.STREAM.PURGE.EV_${owner}` },
      { subject: `$JS.API.STREAM.INFO.EV_${owner}`, publish: is('operator', ...services) },
      { subject: `$JS.API.CONSUMER.CREATE.EV_${owner}.c`, publish: is(...services) },
      { subject: `$JS.API.CONSUMER.MSG.NEXT.EV_${owner}.c`, publish: is(...services) },
      { subject: `$JS.ACK.EV_${owner}.c.1.1.1.1.0`, publish: is(...services) },
    ]),
    { subject: '$JS.API.STREAM.CREATE.LOGS', publish: is('api') },
    { subject: '$JS.API.STREAM.CREATE.OTHER' },
    { subject: '$JS.API.CONSUMER.CREATE.LOGS.c', publish: is('api') },
    { subject: `bh.host.${HOST}.exec`, publish: is('scheduler'), subscribe: is('worker', 'edge', 'gateway') },
    { subject: `bh.host.${OTHER_HOST}.exec`, publish: is('scheduler') },
    { subject: `bh.feed.host.${HOST}`, publish: is('scheduler'), subscribe: is('worker') },
    { subject: `bh.feed.host.${OTHER_HOST}`, publish: is('scheduler') },
    { subject: 'bh.feed.instances', publish: is('scheduler'), subscribe: is('edge') },
    { subject: 'bh.feed.edges', publish: is('scheduler'), subscribe: is('worker') },
    { subject: `bh.log.${HOST}.org.app`, publish: is('worker'), subscribe: is('api') },
    { subject: `bh.log.${OTHER_HOST}.org.app`, subscribe: is('api') },
    { subject: 'bh.seen.apps', publish: is(...services), subscribe: is(...services) },
    { subject: '_INBOX.x' },
    { subject: '$SYS.REQ.SERVER.PING' },
    ...[
      '>',
      'bh.>',
      'bh.cmd.>',
      'bh.event.>',
      '_IN.>',
      '_IN.*.*',
      '$JS.>',
      '$SYS.>',
      'bh.feed.>',
      'bh.host.>',
    ].map((subject) => ({ subject })),
  ];

  it.each(identities)('lets $kind reach its own subjects and no other', async (identity) => {
    const connection = await login(identity);
    const refused = collectRefusals(connection);
    for (const { subject } of classes) {
      connection.subscribe(subject, { callback: ignore });
      if (!/[*>]/.test(subject)) connection.publish(subject);
    }
    const expected = classes.flatMap(({ subject, publish, subscribe }) => [
      ...(subscribe?.(identity) ? [] : [`subscription ${subject}`]),
      ...(publish?.(identity) || /[*>]/.test(subject) ? [] : [`publish ${subject}`]),
    ]);
    expect(await refused.all()).toEqual(expected.sort());
    await connection.close();
  });
});

it('gives nobody the right to answer wherever a reply subject points', async () => {
  const scheduler = await login({ kind: 'scheduler', name: 'scheduler' });
  const worker = await login({ kind: 'worker', name: HOST });
  const vault = await login({ kind: 'vault', name: 'vault' });
  const refused = collectRefusals(worker);
  const heard: string[] = [];
  vault.subscribe('bh.cmd.vault.*.*', { callback: (_, message) => heard.push(message.subject) });
  worker.subscribe(`bh.host.${HOST}.*`, { callback: (_, message) => message.respond() });
  await Promise.all([vault.flush(), worker.flush()]);
  scheduler.publish(`bh.host.${HOST}.exec`, '', { reply: 'bh.cmd.vault.destroy-data-key.scheduler' });
  await scheduler.flush();
  await worker.flush();
  await vault.flush();
  expect(heard).toEqual([]);
  expect(await refused.all()).toEqual(['publish bh.cmd.vault.destroy-data-key.scheduler']);
  await Promise.all([scheduler.close(), worker.close(), vault.close()]);
});

it('lets an owner make its stream and every service read it', async () => {
  const scheduler = await login({ kind: 'scheduler', name: 'scheduler' });
  const manager = await scheduler.jetstreamManager();
  await manager.streams.add({ name: 'EV_scheduler', subjects: ['bh.event.scheduler.>'] });
  await scheduler.jetstream().publish('bh.event.scheduler.machine.x', 'started');
  for (const reader of ['api', 'vault', 'audit'] as const) {
    const connection = await login({ kind: reader, name: reader });
    const consumer = await connection.jetstream().consumers.get('EV_scheduler', {});
    const message = await consumer.next({ expires: 2000 });
    expect(message?.string()).toBe('started');
    await connection.close();
  }
  await scheduler.close();
});

it('drops a connection when its credential expires, and takes the next one', async () => {
  const seed = createUser();
  const identity: Identity<IdentityKind> = { kind: 'worker', name: HOST };
  let jwt = await signUserJwt(keys, identity, seed.getPublicKey(), new Date(Date.now() + 6000));
  const connection = await dial(identity, seed.getSeed(), () => jwt);
  jwt = await signUserJwt(keys, identity, seed.getPublicKey(), new Date(Date.now() + 60_000));
  const seen: string[] = [];
  for await (const status of connection.status()) {
    seen.push(String(status.type));
    if (status.type === Events.Reconnect) break;
  }
  expect(seen).toContain(Events.Disconnect);
  await connection.flush();
  await connection.close();
});

it('refuses a credential that none of the account’s signing keys signed', async () => {
  const stranger = createBusKeys();
  const seed = createUser();
  const forged = await signUserJwt(
    { ...stranger, account: keys.account },
    { kind: 'api', name: 'api' },
    seed.getPublicKey(),
    inAMinute(),
  );
  await expect(dial({ kind: 'api', name: 'api' }, seed.getSeed(), () => forged)).rejects.toThrow(
    /authorization/i,
  );
});

it('refuses a client without a certificate of the internal root', async () => {
  const other = await CertificateAuthority.open(
    await createRoot('Other', { now: new Date(), lifetimeMs: 3600_000 }),
  );
  const key = generatePrivateKey();
  const identity: Identity<IdentityKind> = { kind: 'api', name: 'api' };
  const cert = await other.issue(identity, publicKeyOf(key), { now: new Date(), lifetimeMs: 60_000 });
  const seed = createUser();
  const jwt = await signUserJwt(keys, identity, seed.getPublicKey(), inAMinute());
  const attempt = connect({
    port,
    reconnect: false,
    tls: { ca: authority.certificate, cert, key },
    authenticator: jwtAuthenticator(jwt, seed.getSeed()),
  });
  await expect(attempt).rejects.toThrow();
});

it('takes an account that was signed anew with a reload, and connections go on', async () => {
  const vault = await login({ kind: 'vault', name: 'vault' });
  keys = { ...keys, signing: { ...keys.signing, operator: createBusKeys().signing.operator } };
  const operator = { kind: 'operator', name: 'operator' } as const;
  await expect(login(operator)).rejects.toThrow(/authorization/i);
  await configure();
  server.kill('SIGHUP');
  const connection = await eventually(() => login(operator).catch(() => undefined));
  await connection.close();
  // The server drops some connections at a reload, by the moment it comes at; they sign in again by themselves.
  await eventually(() =>
    vault.flush().then(
      () => true,
      () => false,
    ),
  );
  expect(vault.isClosed()).toBe(false);
  await vault.close();
});

interface Subject {
  readonly subject: string;
  readonly publish?: (who: Identity<IdentityKind>) => boolean;
  readonly subscribe?: (who: Identity<IdentityKind>) => boolean;
}

/** A subject that nobody may publish to. */
const SENTINEL = 'sentinel';
const ignore = () => undefined;
const inAMinute = () => new Date(Date.now() + 60_000);

function is(...kinds: string[]) {
  return (who: Identity<IdentityKind>) => kinds.includes(who.kind);
}

async function login(identity: Identity<IdentityKind>): Promise<NatsConnection> {
  const user = createUser();
  const jwt = await signUserJwt(keys, identity, user.getPublicKey(), inAMinute());
  return dial(identity, user.getSeed(), () => jwt);
}

async function dial(
  identity: Identity<IdentityKind>,
  seed: Uint8Array,
  jwt: () => string,
): Promise<NatsConnection> {
  const tls = await certified(identity);
  return connect({
    port,
    inboxPrefix: `_IN.${callerOf(identity)}`,
    reconnectTimeWait: 50,
    maxReconnectAttempts: 100,
    tls: { ca: authority.certificate, ...tls },
    authenticator: (nonce?: string) => jwtAuthenticator(jwt(), nkeys.fromSeed(seed).getSeed())(nonce),
  });
}

async function certified(identity: Identity) {
  const key = generatePrivateKey();
  const names = { dns: ['localhost'], ips: ['127.0.0.1'] };
  const cert = await authority.issue(
    identity,
    publicKeyOf(key),
    { now: new Date(), lifetimeMs: 3600_000 },
    names,
  );
  return { cert, key };
}

/** Collects what the server refuses on a connection, as `publish <subject>` or `subscription <subject>`. */
function collectRefusals(connection: NatsConnection) {
  const refused = new Set<string>();
  const { promise: complete, resolve } = Promise.withResolvers<void>();
  void (async () => {
    for await (const { type, permissionContext: what } of connection.status()) {
      if (type !== Events.Error || !what) continue;
      if (what.subject === SENTINEL) return resolve();
      refused.add(`${what.operation} ${what.subject}`);
    }
  })();
  return {
    /** Everything refused so far: the server answers in order, so after the sentinel's refusal nothing is missing. */
    async all(): Promise<string[]> {
      connection.publish(SENTINEL);
      await complete;
      return [...refused].sort();
    },
  };
}

async function ready(child: ChildProcess): Promise<void> {
  if (!child.stderr) throw new Error('nats-server without stderr');
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    lines.push(line);
    if (line.includes('Server is ready')) {
      child.stderr.resume();
      return;
    }
  }
  throw new Error(`nats-server did not start:\n${lines.join('\n')}`);
}
