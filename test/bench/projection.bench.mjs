import { schedulerContracts } from '@bulkhead/contracts/events';
import { eventually } from '@bulkhead/testing/child';
import { STORAGE } from '../../apps/api/dist/read-model/storage.js';
import { schedulerProjection } from '../../apps/api/dist/read-model/scheduler-projection.js';
import { sideBySide } from './harness/side-by-side.mjs';
import { median, medianInterval, pairedRatio } from './harness/statistics.mjs';
import { withBackbone } from './support/backbone.mjs';
import { MachineLives } from './support/machine-lives.mjs';

const MACHINES = 1_000;
const STEPS = 8;
const TABLES = ['scheduler_event', 'machine', 'host'];

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Journal: projections',
  measures: `The api’s projection of machines and hosts made anew from its first event: read from the stream, check each event against its
contract, fold states, write rows and cursor. Beside it a client that has the same statements with the same rows ready and sends them to the
same tables, one after the other.`,
  targets: {
    rebuild: {
      what: 'rows/s of a rebuild',
      of: 'ratio',
      comparison: '>=',
      figure: 0.3,
      unit: '×',
    },
  },
  run: ({ long }) =>
    withBackbone({ contracts: schedulerContracts }, async ({ database, backbone }) => {
      const { pool } = database;
      await makeTables(pool);
      const journal = backbone.journal(backbone.relay({ leadershipMs: 5_000 }));
      const lives = new MachineLives(journal, () => backbone.command());
      const machines = long ? 5 * MACHINES : MACHINES;
      await lives.begin(machines);
      for (let step = 1; step < STEPS; step++)
        for (let from = 0; from < machines; from += 64)
          await Promise.all(
            Array.from({ length: Math.min(64, machines - from) }, (_, n) => lives.live(from + n)),
          );
      const head = await recorded(backbone, pool);
      const { writes, definition } = recording(schedulerProjection);
      await rebuild(backbone, pool, definition, head);
      const rows = writes.reduce((sum, write) => sum + write.rows, 0);
      const pairs = await sideBySide(long ? 9 : 7, {
        ours: async () => (rows * 1_000) / (await rebuild(backbone, pool, schedulerProjection, head)),
        peer: async () => (rows * 1_000) / (await writeAgain(pool, writes)),
      });
      const rates = pairs.map(({ ours }) => ours);
      return [
        {
          what: `rows/s of a rebuild (${head} envelopes, ${rows} rows written)`,
          figure: median(rates),
          interval: medianInterval(rates),
          unit: '/s',
          peer: { what: 'bare upsert', figure: median(pairs.map(({ peer }) => peer)) },
          ratio: pairedRatio(pairs),
          target: 'rebuild',
          bounds: 'one core that parses, checks and folds what Postgres was handed ready',
        },
      ];
    }),
};

async function makeTables(pool) {
  const runner = { query: (sql) => pool.query(`set search_path = scheduler; ${sql}`) };
  for (const Migration of STORAGE.migrations) await new Migration().up(runner);
  await pool.query(
    `grant select, insert, update, delete on ${TABLES.map((table) => `scheduler.${table}`).join(', ')} to public`,
  );
}

const recorded = (backbone, pool) =>
  eventually(
    async () => {
      const { rows } = await pool.query(
        'select (select count(*)::int from scheduler.pending) as left, (select max(position)::int from scheduler.record) as head',
      );
      return rows[0].left === 0 && rows[0].head;
    },
    { timeoutMs: 60_000 },
  );

/** @returns {Promise<number>} ms */
async function rebuild(backbone, pool, definition, head) {
  await empty(pool);
  const started = performance.now();
  const projector = backbone.projector(definition, { leadershipMs: 5_000 });
  await eventually(() => projector.status.cursor?.position >= head, { timeoutMs: 300_000, everyMs: 2 });
  const took = performance.now() - started;
  await backbone.end(projector);
  return took;
}

/** The projection, and every row that it writes as the statements it wrote them with. */
function recording(definition) {
  const writes = [];
  const recorded = (tx) => ({
    ...tx,
    query(text, values) {
      if (text.startsWith('insert into')) writes.push({ text, values, rows: JSON.parse(values[0]).length });
      return tx.query(text, values);
    },
  });
  return {
    writes,
    definition: { ...definition, apply: (tx, ...rest) => definition.apply(recorded(tx), ...rest) },
  };
}

/** @returns {Promise<number>} ms */
async function writeAgain(pool, writes) {
  await empty(pool);
  const client = await pool.connect();
  try {
    await client.query('set search_path = scheduler');
    const started = performance.now();
    for (const { text, values } of writes) await client.query(text, values);
    return performance.now() - started;
  } finally {
    client.release(true);
  }
}

const empty = (pool) =>
  pool.query(`truncate ${TABLES.map((table) => `scheduler.${table}`).join(', ')};
    delete from scheduler.cursor; delete from scheduler.leadership where role like 'projection:%'`);
