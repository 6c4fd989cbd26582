import {
  migrateJournal,
  natsBus,
  natsStreams,
  postgresDatabase,
  postgresStores,
  type Bus,
  type Database,
  type JournalStores,
  type Streams,
} from '@bulkhead/journal';
import { dataSource, migrate } from '@bulkhead/platform';
import { startNats, startPostgres } from '@bulkhead/testing';
import { MIGRATIONS } from '../../apps/scheduler/src/storage/migrations.js';
import { Kernel } from './kernel/kernel.js';
import { Broker } from './memory/broker.js';
import { DatabaseServer } from './memory/database.js';
import { beginJournal, Connection, memoryStores } from './memory/journal-stores.js';
import { schedulerStatements } from './memory/scheduler-statements.js';
import { memoryDatabase } from './memory/sql.js';
import { StreamServer } from './memory/streams.js';
import { SimProcess } from './kernel/process.js';

/** What adapters stand on: simulated or real. */
export interface Ground {
  readonly stores: JournalStores;
  readonly database: Database;
  readonly bus: Bus;
  readonly streams: Streams;
  /** Lets something come about. */
  come<T>(promise: Promise<T>): Promise<T>;
  pause(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const SCHEMA = 'scheduler';

export function simulatedGround(): Promise<Ground> {
  const kernel = new Kernel(1, false);
  const process = new SimProcess(kernel, 'scheduler');
  const server = new DatabaseServer(kernel);
  const broker = new Broker(kernel);
  beginJournal(server.schema(SCHEMA), 'scheduler', kernel.random.id());
  const connection = new Connection(server, process, SCHEMA, schedulerStatements);
  return Promise.resolve({
    stores: memoryStores(connection),
    database: memoryDatabase(connection),
    bus: broker.connect(process),
    streams: new StreamServer(broker).connect(process),
    come: (promise) => kernel.until(promise),
    pause: (ms) => kernel.runUntil(kernel.now + ms),
    stop: () => Promise.resolve(),
  });
}

export async function realGround(): Promise<Ground> {
  const [postgres, nats] = await Promise.all([startPostgres(), startNats()]);
  const testDatabase = await postgres.database();
  const database = postgresDatabase(testDatabase.open({ options: `-c search_path=${SCHEMA}` }));
  await migrateJournal(database, { service: 'scheduler', schema: SCHEMA });
  const place = { url: testDatabase.url, schema: SCHEMA, applicationName: 'contract' };
  const source = await dataSource(place, { migrations: [...MIGRATIONS] }).initialize();
  await migrate(source);
  await source.destroy();
  const connection = await nats.connect('scheduler');
  return {
    stores: postgresStores(database, SCHEMA),
    database,
    bus: natsBus(connection),
    streams: await natsStreams(connection, 'scheduler'),
    come: (promise) => promise,
    pause: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
    stop: async () => {
      await Promise.all([postgres.stop(), nats.stop()]);
    },
  };
}
