import { streamName } from '@bulkhead/contracts';
import { account, accountContracts, deposit } from '@bulkhead/testing/account';
import { eventually } from '@bulkhead/testing/child';
import { quantile, quantileInterval } from './harness/statistics.mjs';
import { withBackbone } from './support/backbone.mjs';
import { openLoop } from './support/load.mjs';

const PER_SECOND = 1_000;

/** When each envelope came out of the stream, by its id. */
function arrivals(backbone, signal) {
  const at = new Map();
  const read = async () => {
    for await (const batch of backbone.streams.read(streamName(backbone.service), 1, signal))
      for (const { headers } of batch) at.set(headers['Bh-Envelope'], performance.now());
  };
  return { at, ended: read() };
}

const latencies = (committed, arrived) =>
  [...committed].map(([envelope, at]) => Math.max(0, (arrived.get(envelope) ?? Infinity) - at));

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Journal: relay',
  measures: `From a command’s answer, when its envelope is committed, to the envelope’s coming out of the JetStream stream at a reader, with
${PER_SECOND} commands begun each second whatever the last ones take (open loop), all in one process beside Postgres and NATS.`,
  targets: {
    lag: {
      what: `relay lag at ${PER_SECOND}/s, p99`,
      of: 'figure',
      comparison: '<=',
      figure: 100,
      unit: 'ms',
    },
  },
  run: ({ long, signal }) =>
    withBackbone({ contracts: accountContracts }, async ({ database, backbone }) => {
      const journal = backbone.journal(backbone.relay({ leadershipMs: 5_000 }));
      let made = 0;
      const command = () =>
        journal.execute(backbone.command(), async (decision) =>
          decision.append(await decision.load(account, `a${++made % 5_000}`), deposit(1)),
        );
      await command();
      await eventually(() => backbone.streams.get(streamName(backbone.service), 1).catch(() => null));
      const over = new AbortController();
      const { at: arrived, ended } = arrivals(backbone, over.signal);
      const committed = new Map();
      const answers = [];
      const seconds = long ? 60 : 10;
      await openLoop({ perSecond: PER_SECOND, seconds: 2, signal }, command);
      const rate = await openLoop({ perSecond: PER_SECOND, seconds, signal }, async (due) => {
        const { touched } = await command();
        const at = performance.now();
        answers.push(at - due);
        committed.set(`${touched[0].aggregate.id}@${touched[0].version}`, at);
      });
      const ids = await envelopeIds(database.pool);
      await eventually(() => [...committed.keys()].every((key) => arrived.has(ids.get(key))), {
        timeoutMs: 30_000,
      });
      over.abort();
      await ended.catch(() => undefined);
      const lag = latencies(new Map([...committed].map(([key, at]) => [ids.get(key), at])), arrived);
      return [
        { what: 'commands begun', figure: rate, unit: '/s' },
        ...[0.5, 0.99].map((q) => ({
          what: `relay lag at ${PER_SECOND}/s, p${q * 100}`,
          figure: quantile(lag, q),
          interval: quantileInterval(lag, q),
          unit: 'ms',
          bounds: 'a second commit, of the place in the journal, and the way to JetStream and back',
          ...(q === 0.99 ? { target: 'lag' } : {}),
        })),
        ...[0.5, 0.99].map((q) => ({
          what: `command due to answered, p${q * 100}`,
          figure: quantile(answers, q),
          interval: quantileInterval(answers, q),
          unit: 'ms',
        })),
      ];
    }),
};

async function envelopeIds(pool) {
  const { rows } = await pool.query(
    `select id, substr(aggregate, 9) || '@' || version as place from scheduler.envelope`,
  );
  return new Map(rows.map(({ id, place }) => [place, id]));
}
