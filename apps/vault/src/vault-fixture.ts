import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@bulkhead/contracts';
import {
  createLogger,
  Health,
  migrateStorage,
  openStorage,
  selfOf,
  type Logger,
  type Storage,
} from '@bulkhead/platform';
import { IdentityFile, JoinTokenFile, ProcessIdentity, VaultClient, type IdentityKind } from '@bulkhead/pki';
import { eventually, type ServerProcess, type TestDatabase, type TestPostgres } from '@bulkhead/testing';
import { startServer } from '@bulkhead/testing/child';
import { freePort } from '@bulkhead/testing/ports';
import { openOwnIdentity } from './authority/own-identity.js';
import { DEFAULT_LIFETIMES, type Lifetimes } from './authority/lifetimes.js';
import { BusSide } from './commands/bus-side.js';
import { initialize, type InitPlan } from './init/initialize.js';
import { provideFile } from './init/provide-file.js';
import { createJoinToken } from './join-tokens/create-join-token.js';
import { readMasterKeyFile } from './keys/master-key.js';
import { VaultListener } from './listener/listener.js';
import { routesOf } from './listener/routes.js';
import { STORAGE } from './storage/storage.js';
import { openVault, type Vault } from './vault.js';

/** A vault for tests: initialized in a database and a directory of its own, with its listener, under a clock that can be moved. */
export class VaultFixture {
  private skew = 0;
  private closers: (() => Promise<void> | void)[] = [];
  private port = 0;

  private constructor(
    readonly directory: string,
    /** As the cluster's superuser, who may do what no service can. */
    readonly superuser: TestDatabase,
    readonly storage: Storage,
    private readonly busPort: number,
    readonly logger: Logger,
  ) {}

  static async create(
    postgres: TestPostgres,
    logger: Logger = createLogger('test', 'fatal'),
  ): Promise<VaultFixture> {
    const directory = await mkdtemp(join(tmpdir(), 'bulkhead-vault-'));
    const database = await postgres.database();
    const { owner, service } = await database.roles('vault');
    await migrateStorage(STORAGE, owner, logger);
    const storage = await openStorage(STORAGE, service, logger);
    const fixture = new VaultFixture(directory, database, storage, await freePort(), logger);
    await initialize(fixture.plan());
    return fixture;
  }

  plan(): InitPlan {
    return {
      database: this.storage.database,
      masterKeyFile: join(this.directory, 'vault', 'master.key'),
      directory: this.directory,
      bus: {
        directory: join(this.directory, 'nats'),
        storeDirectory: join(this.directory, 'nats', 'jetstream'),
        address: '127.0.0.1',
        port: this.busPort,
        hostNames: ['localhost'],
      },
      postgresNames: { dns: ['localhost'], ips: [] },
      joining: ['api', 'scheduler', 'audit', 'worker', 'edge'],
      now: this.now,
    };
  }

  readonly now = (): Date => new Date(Date.now() + this.skew);

  /** Moves everybody's clock. */
  advance(ms: number): void {
    this.skew += ms;
  }

  async open(lifetimes: Lifetimes = DEFAULT_LIFETIMES, committed: () => void = () => {}): Promise<Vault> {
    const master = await readMasterKeyFile(this.plan().masterKeyFile);
    return openVault({ database: this.storage.database, master, lifetimes, committed, now: this.now });
  }

  /** nats-server with the configuration that `init` wrote. */
  async startBus(): Promise<{ readonly url: string; readonly server: ServerProcess }> {
    const server = startServer(['nats-server', '-c', join(this.directory, 'nats', 'nats-server.conf')], {
      deathSignal: 'KILL',
    });
    this.closers.push(() => server.stop('SIGKILL'));
    await eventually(() => server.output().includes('Server is ready'), { describe: () => server.output() });
    return { url: `tls://127.0.0.1:${this.busPort}`, server };
  }

  /** Opens the vault and its listener, on the same port as before. */
  async serve(lifetimes: Lifetimes = DEFAULT_LIFETIMES) {
    const vault = await this.open(lifetimes, () => busSide?.wake());
    let busSide: BusSide | undefined;
    const identity = await openOwnIdentity(vault);
    const listener = await VaultListener.open({
      address: '127.0.0.1',
      port: this.port,
      identity,
      routes: routesOf(vault),
      logger: this.logger,
    });
    this.port = listener.port;
    const stop = async () => {
      identity.close();
      await listener.close();
    };
    this.closers.push(stop);
    return {
      vault,
      listener,
      connect: async (url: string) => {
        busSide = new BusSide({
          vault,
          database: this.storage.database,
          identity,
          url,
          self: selfOf(identity, new Health()),
          logger: this.logger,
        });
        this.closers.push(() => busSide?.close());
        await eventually(() => busSide?.problem() === null);
        return busSide;
      },
      url: `https://127.0.0.1:${listener.port}`,
      stop: async () => {
        this.closers = this.closers.filter((closer) => closer !== stop);
        await stop();
      },
    };
  }

  /** A process of this kind, in a directory that survives its restarts, with the token that `init` left or a fresh one. */
  async join(kind: IdentityKind, { name = kind as string, token }: { name?: string; token?: string } = {}) {
    const directory = join(this.directory, 'processes', name);
    const tokenFile =
      token === undefined ? join(this.directory, kind, 'join-token') : join(directory, 'join-token');
    if (token !== undefined) await provideFile(tokenFile, token, 0o600);
    const identity = await ProcessIdentity.open({
      kind,
      source: new VaultClient(`https://127.0.0.1:${this.port}`),
      kept: { file: new IdentityFile(directory), joinToken: new JoinTokenFile(tokenFile) },
      now: this.now,
    });
    this.closers.push(() => identity.close());
    return identity;
  }

  async token(vault: Vault, kind: IdentityKind, lifetimeMs = 60_000) {
    const command = { ...this.command(), content: { kind } };
    const { result } = await createJoinToken(vault.joinTokens, command, { kind, lifetimeMs });
    return result;
  }

  command() {
    const actor = { kind: 'service', id: 'test' } as const;
    return { id: newId(), content: {}, actor, organization: 'platform', now: this.now() } as const;
  }

  async close(): Promise<void> {
    for (const close of this.closers.reverse()) await close();
    await this.storage.close();
    await rm(this.directory, { recursive: true });
  }
}
