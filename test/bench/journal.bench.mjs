import { account, accountContracts, deposit } from '@bulkhead/testing/account';
import { sideBySide } from './harness/side-by-side.mjs';
import { median, medianInterval, pairedRatio } from './harness/statistics.mjs';
import { withBackbone } from './support/backbone.mjs';
import { ratePerSecond } from './support/load.mjs';
import { pgbench } from './support/pgbench.mjs';

const CLIENTS = 16;

/** One command's rows as the store writes them, all of the sizes that one has. To pgbench a colon before a word is a variable. */
const insertOf = ({ answer, body }) => `\\set n random(1, 1000000000000000000)
with command as (
  insert into scheduler.command (id, digest, outcome, answer)
  values ('command-' || :n::text, '\\x${'5a'.repeat(32)}'::bytea, 'done', '${answer.replaceAll(':', ': ')}')
), stored as (
  insert into scheduler.envelope (aggregate, version, id, body)
  values ('account/' || :n::text, 1, md5(:n::text), '\\x${body.toString('hex')}'::bytea) returning seq
)
insert into scheduler.pending (seq) select seq from stored;
`;

async function oneCommand(pool) {
  const { rows } = await pool.query(
    'select c.answer, e.body from scheduler.command c, scheduler.envelope e order by e.seq limit 1',
  );
  return rows[0];
}

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Journal: commits',
  measures: `Commands of ${CLIENTS} callers at once, each deciding about an account of its own: load, decide, check against the contract, commit
with \`fsync\` and \`synchronous_commit\` on, answer. Beside it \`pgbench\` with ${CLIENTS} clients doing the bare insert of the same rows.`,
  targets: {
    commits: {
      what: `commands/s, ${CLIENTS} callers`,
      of: 'ratio',
      comparison: '>=',
      figure: 0.5,
      unit: '×',
    },
  },
  run: ({ long }) =>
    withBackbone({ contracts: accountContracts }, async ({ postgres, database, backbone }) => {
      const journal = backbone.journal();
      let made = 0;
      const command = () =>
        journal.execute(backbone.command(), async (decision) =>
          decision.append(await decision.load(account, `a${++made}`), deposit(1)),
        );
      await command();
      const script = insertOf(await oneCommand(database.pool));
      const seconds = long ? 10 : 3;
      const ours = () => ratePerSecond({ clients: CLIENTS, seconds }, command);
      const peer = () =>
        pgbench({ socket: postgres.socket, database: database.name, script, clients: CLIENTS, seconds });
      await ratePerSecond({ clients: CLIENTS, seconds: 1 }, command);
      const pairs = await sideBySide(long ? 15 : 7, { ours, peer });
      const rates = pairs.map((pair) => pair.ours);
      return [
        {
          what: `commands/s, ${CLIENTS} callers`,
          figure: median(rates),
          interval: medianInterval(rates),
          unit: '/s',
          peer: { what: 'pgbench', figure: median(pairs.map((pair) => pair.peer)) },
          ratio: pairedRatio(pairs),
          target: 'commits',
          bounds:
            'the way to the disk, twice the round trips of a bare insert (load, commit) and one core for the process',
        },
      ];
    }),
};
