import { hashToken, newToken } from '@bulkhead/auth';
import { parseReference } from '@bulkhead/images';
import { CommandBus, natsBus, natsStreams, systemClock } from '@bulkhead/journal';
import { createLogger, migrateStorage, openStorage } from '@bulkhead/platform';
import { eventually, MemoryDataKeys, startNats, startPostgres, TEST_LEADERSHIP_MS } from '@bulkhead/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Pool } from 'pg';
import { bootstrap } from '../bootstrap.js';
import { serveOnBus } from '../bus/serve-on-bus.js';
import { createServer } from '../http/server.js';
import type { Images } from '../images/images.js';
import { jetStreamLogReader } from '../logs/jetstream-log-reader.js';
import { ensureLogStream } from '../logs/log-stream.js';
import { AppRow } from '../read-model/entities.js';
import { STORAGE } from '../read-model/storage.js';
import { openService, SCHEMA, type ApiService } from '../service.js';
import { ScriptedAudit } from './scripted-audit.js';
import { ScriptedScheduler } from './scripted-scheduler.js';
import { ScriptedVault } from './scripted-vault.js';

const SELF = {
  certificateExpiresAt: () => new Date(Date.now() + 86_400_000),
  waitingFor: async () => ({}),
};
const STREAM_LIMITS = { maxAgeMs: 86_400_000, maxBytes: 64 * 2 ** 20, replicas: 1 };

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests say by their expectations what is in an answer
  readonly json: any;
}

export interface Ask {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The api over real Postgres and NATS, with scripted scheduler, vault and audit, behind its real HTTP server. */
export interface TestPlatform {
  readonly url: string;
  readonly admin: string;
  readonly service: ApiService;
  readonly scheduler: ScriptedScheduler;
  readonly vault: ScriptedVault;
  readonly audit: ScriptedAudit;
  readonly keys: MemoryDataKeys;
  /** Everything the service logged. */
  readonly log: string[];
  readonly nats: Awaited<ReturnType<typeof startNats>>;
  /** The api's database, as the cluster's superuser. */
  readonly superuser: Pool;
  call(method: string, path: string, ask?: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

/** As if every image were there. */
const anyImage: Images = {
  resolve: async (_organization, text) => ({
    digest: parseReference(text).digest ?? `sha256:${'0'.repeat(64)}`,
    labels: {},
  }),
};

export async function startTestPlatform({
  images = anyImage,
}: { readonly images?: Images } = {}): Promise<TestPlatform> {
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  const [own, theirs] = await Promise.all([postgres.database(), postgres.database()]);
  const log: string[] = [];
  const logger = createLogger('api', 'debug', { write: (line: string) => void log.push(line) });
  const keys = new MemoryDataKeys();
  const roles = await own.roles(SCHEMA);
  await migrateStorage(STORAGE, roles.owner, logger);
  const storage = await openStorage(STORAGE, roles.service, logger);
  const { database, source } = storage;
  const scheduler = await ScriptedScheduler.start({
    database: theirs,
    nats,
    keys,
    ownerOf: async (id) => (await source.getRepository(AppRow).findOneByOrFail({ id })).organization,
  });
  const vault = new ScriptedVault(natsBus(await nats.connect('vault')));
  const audit = new ScriptedAudit(natsBus(await nats.connect('audit')));
  const connection = await nats.connect('api');
  const bus = natsBus(connection);
  const manager = await connection.jetstreamManager();
  await ensureLogStream(manager);
  const service = openService({
    database,
    source,
    bus,
    commands: new CommandBus(bus, 'api'),
    streams: await natsStreams(connection, 'api'),
    dataKeys: keys,
    images,
    registryVault: vault,
    logs: jetStreamLogReader(connection.jetstream(), manager),
    logger,
    leadershipMs: TEST_LEADERSHIP_MS,
    streamLimits: STREAM_LIMITS,
    settings: {
      securityContact: 'mailto:security@platform.example',
      publicUrl: 'http://api.example',
      appsDomain: 'apps.example',
    },
  });
  const served = serveOnBus(bus, service.upkept(SELF), logger);
  const admin = newToken();
  const begun = await bootstrap(
    { journal: service.journal, database, now: systemClock.now() },
    hashToken(admin),
  );
  const server: NestFastifyApplication = await createServer(service.api, logger);
  await server.listen(0, '127.0.0.1');
  const url = await server.getUrl();
  await eventually(() => service.api.freshness.seen('api', begun, 1_000));
  return {
    url,
    admin,
    service,
    scheduler,
    vault,
    audit,
    keys,
    log,
    nats,
    superuser: own.pool,
    call: (method, path, ask = {}) => request(url, method, path, { token: admin, ...ask }),
    async stop() {
      await server.close();
      await served.close();
      await service.close();
      await scheduler.stop();
      await storage.close();
      await Promise.all([postgres.stop(), nats.stop()]);
    },
  };
}

async function request(
  url: string,
  method: string,
  path: string,
  { token, body, headers }: Ask,
): Promise<Answer> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return text;
  }
}
