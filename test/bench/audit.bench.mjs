import { generateKeyPairSync, sign } from 'node:crypto';
import { migrateStorage, openStorage, createLogger } from '@bulkhead/platform';
import { PostgresLeadershipStore, systemClock } from '@bulkhead/journal';
import { checkpointText } from '@bulkhead/transparency';
import { newestHead } from '../../apps/audit/dist/heads/head-store.js';
import { HeadSigner } from '../../apps/audit/dist/heads/head-signer.js';
import { STORAGE } from '../../apps/audit/dist/log/storage.js';
import { appendEntries, provePlace } from '../../apps/audit/dist/log/transparency-log.js';
import { sideBySide } from './harness/side-by-side.mjs';
import { median, medianInterval, pairedRatio, quantile, quantileInterval } from './harness/statistics.mjs';
import { startDurablePostgres } from './support/durable-postgres.mjs';

/** What a reader takes at once. */
const BATCH = 500;
const BODY = Buffer.from(JSON.stringify({ body: 'x'.repeat(600) }));
const PROOFS = 500;

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Audit',
  measures: `Entries appended to the transparency log, ${BATCH} in a transaction as its collectors do, every commit on disk: the entry and all the nodes
of its tree. Beside it the same entries put into a table like the log’s without a tree. While entries come, how old the newest signed head is
(signed in this process rather than by the vault); afterwards, how long the proof of an entry’s place takes.`,
  targets: {},
  async run({ long }) {
    const postgres = await startDurablePostgres();
    try {
      const test = await postgres.database();
      const { owner, service } = await test.roles('audit');
      const logger = createLogger('bench', 'fatal');
      await migrateStorage(STORAGE, owner, logger);
      const { database } = await openStorage(STORAGE, service, logger);
      await test.pool.query('create table public.bare (like audit.log_entry including all)');
      const log = entriesInto(database);
      const bare = bareInto(test.pool);
      const seconds = long ? 8 : 2;
      const over = new AbortController();
      const ages = headAges(database, over.signal);
      const pairs = await sideBySide(long ? 15 : 7, { ours: () => log(seconds), peer: () => bare(seconds) });
      over.abort();
      const rates = pairs.map(({ ours }) => ours);
      return [
        {
          what: 'entries appended',
          figure: median(rates),
          interval: medianInterval(rates),
          unit: '/s',
          peer: { what: 'without a tree', figure: median(pairs.map(({ peer }) => peer)) },
          ratio: pairedRatio(pairs),
        },
        ...(await ages).rows,
        ...(await proofs(database)),
      ];
    } finally {
      await postgres.stop();
    }
  },
};

const batchAt = (from) =>
  Array.from({ length: BATCH }, (_, n) => ({
    journal: 'scheduler',
    epoch: '1-000000000000',
    position: from + n,
    recordedAt: '2026-01-01T00:00:00.000Z',
    envelope: `envelope-${from + n}`,
    organization: 'platform',
    body: BODY,
  }));

/** Batches one after the other for some seconds. @returns entries per second */
function batches(put) {
  let position = 1;
  return async (seconds) => {
    const [started, before] = [performance.now(), position];
    while (performance.now() - started < seconds * 1_000) {
      await put(batchAt(position));
      position += BATCH;
    }
    return ((position - before) * 1_000) / (performance.now() - started);
  };
}

const entriesInto = (database) =>
  batches((entries) => database.transaction((sql) => appendEntries(sql, entries)));

const bareInto = (pool) =>
  batches((entries) =>
    pool.query(
      `insert into public.bare (index, journal, epoch, position, recorded_at, envelope, organization, body)
       select position, journal, epoch, position, recorded_at, envelope, organization, body
       from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::bytea[])
         as e (journal, epoch, position, recorded_at, envelope, organization, body)`,
      ['journal', 'epoch', 'position', 'recordedAt', 'envelope', 'organization', 'body'].map((column) =>
        entries.map((entry) => entry[column]),
      ),
    ),
  );

/** Signs heads as the service does, and looks ten times a second how old the newest is. */
async function headAges(database, signal) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
    sign: (head) => Promise.resolve(sign(null, Buffer.from(checkpointText(head)), privateKey)),
  };
  let signedAt;
  const ages = [];
  const signer = new HeadSigner({
    database,
    leadership: new PostgresLeadershipStore(database, 'audit'),
    clock: systemClock,
    holder: 'bench',
    origin: 'bench/audit',
    key: () => Promise.resolve(key),
    signed: () => (signedAt = performance.now()),
    report: (error) => {
      throw error;
    },
  });
  const looking = setInterval(() => signedAt && ages.push(performance.now() - signedAt), 100);
  await signer.run(signal);
  clearInterval(looking);
  return {
    rows: [0.5, 0.99].map((q) => ({
      what: `age of the newest signed head while entries come, p${q * 100}`,
      figure: quantile(ages, q),
      interval: quantileInterval(ages, q),
      unit: 'ms',
      bounds: 'one head a second at most',
    })),
  };
}

async function proofs(database) {
  const { size } = await newestHead(database);
  const times = [];
  for (let n = 0; n < PROOFS; n++) {
    const started = performance.now();
    await provePlace(database, (n * 7_919) % size, size);
    times.push(performance.now() - started);
  }
  return [0.5, 0.99].map((q) => ({
    what: `proof of an entry’s place among ${size.toLocaleString('en-US')}, p${q * 100}`,
    figure: quantile(times, q),
    interval: quantileInterval(times, q),
    unit: 'ms',
  }));
}
