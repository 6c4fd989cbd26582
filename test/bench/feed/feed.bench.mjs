import { fork } from 'node:child_process';
import path from 'node:path';
import { feedSubject, INSTANCE_FEED, streamName } from '@bulkhead/contracts';
import { schedulerContracts } from '@bulkhead/contracts/events';
import {
  DataKeySealer,
  feedHandler,
  FeedPublisher,
  PostgresFeedStore,
  PostgresLeadershipStore,
  serveCommands,
} from '@bulkhead/journal';
import { eventually } from '@bulkhead/testing/child';
import { FEEDS_PROJECTION, machineFeeds } from '../../../apps/scheduler/dist/feeds/machine-feeds.js';
import { MIGRATIONS } from '../../../apps/scheduler/dist/storage/migrations.js';
import { quantile, quantileInterval } from '../harness/statistics.mjs';
import { withBackbone } from '../support/backbone.mjs';
import { besideGuests } from '../support/busy-guests.mjs';
import { openLoop } from '../support/load.mjs';
import { MachineLives } from '../support/machine-lives.mjs';

const EDGES = 10;
const MACHINES = 4_000;
const RATES = [300, 1_000];
const LEADERSHIP_MS = 5_000;

/** By this machine's clock, for times that are told between processes. */
const clock = () => performance.timeOrigin + performance.now();

/** @type {import('../harness/bench.mjs').Bench} */
export default {
  title: 'From a start’s commit to the edges',
  measures: `From the commit of a machine’s start in the scheduler’s journal to the tables of all of ${EDGES} edges, over relay, stream, feeds
projection (configuration opened and sealed again to the host), publisher and the edges’ own followers and route books. One process does what
the scheduler’s does and another has the edges, each with its own connection. Starts, stops and reports of ${MACHINES} machines are begun at the
rate given whatever the last ones take (open loop). “Busy” is with a process that never rests on every core, in the guests’ control group.`,
  targets: Object.fromEntries(
    ['', ', guests busy'].map((how) => [
      `300${how}`,
      {
        what: `commit to ${EDGES} edges, 300/s${how}, p99`,
        of: 'figure',
        comparison: '<=',
        figure: 100,
        unit: 'ms',
      },
    ]),
  ),
  run: ({ long, signal, say }) =>
    besideGuests(say, (withBusyGuests) =>
      withBackbone({ contracts: schedulerContracts }, async ({ database, nats, backbone }) => {
        await makeTables(database.pool);
        const scheduler = openScheduler(backbone);
        const lives = new MachineLives(scheduler.journal, () => backbone.command());
        await lives.begin(MACHINES);
        await eventually(() => scheduler.isCurrent(database.pool), { timeoutMs: 120_000 });
        const edges = await startEdges(nats.url, say);
        const observed = observe(backbone);
        const rows = [];
        for (const busy of [false, true])
          for (const rate of RATES) {
            const how = busy ? ', guests busy' : '';
            const measure = () => starts({ lives, rate, seconds: long ? 40 : 10, signal, edges, observed });
            rows.push(...rowsOf(`${rate}/s${how}`, await (busy ? withBusyGuests(measure) : measure())));
          }
        observed.close();
        await edges.stop();
        scheduler.close();
        return rows;
      }),
    ),
};

async function makeTables(pool) {
  const runner = { query: (sql) => pool.query(`set search_path = scheduler; ${sql}`) };
  for (const Migration of MIGRATIONS) await new Migration().up(runner);
  await pool.query('grant select, insert, update, delete on scheduler.machine, scheduler.worker to public');
}

/** The parts of the scheduler that a start passes through. */
function openScheduler(backbone) {
  const store = new PostgresFeedStore(backbone.database, 'scheduler');
  const journal = backbone.journal(backbone.relay({ leadershipMs: LEADERSHIP_MS }));
  const publisher = backbone.run(
    new FeedPublisher({
      bus: backbone.bus,
      store,
      leadership: new PostgresLeadershipStore(backbone.database, 'scheduler'),
    }),
  );
  const projector = backbone.projector(machineFeeds(new DataKeySealer(backbone.keys)), {
    leadershipMs: LEADERSHIP_MS,
    push: (changes) => publisher.push(changes),
  });
  const served = serveCommands({
    bus: backbone.bus,
    service: 'scheduler',
    handlers: {
      feed: feedHandler({ store, access: null, callers: ['host'], readerOf: () => FEEDS_PROJECTION }),
    },
    clear: () => null,
  });
  return {
    journal,
    close: () => served.close(),
    async isCurrent(pool) {
      const { rows } = await pool.query(
        'select (select count(*)::int from scheduler.pending) as left, (select max(position)::int from scheduler.record) as head',
      );
      return rows[0].left === 0 && projector.status.cursor?.position === rows[0].head;
    },
  };
}

/** Edges in a process of their own. `arrivals`: per edge and machine when a row that says "started" came. */
async function startEdges(url, say) {
  const child = fork(path.join(import.meta.dirname, 'edges-process.mjs'), [url, String(EDGES)]);
  const arrivals = Array.from({ length: EDGES }, () => new Times());
  const ready = new Set();
  child.on('message', (message) => {
    if ('ready' in message) ready.add(message.ready);
    if ('problem' in message) say(message.problem);
    for (const [edge, machine, started, at] of message.arrivals ?? [])
      if (started) arrivals[edge].add(machine, at);
  });
  await eventually(() => ready.size === EDGES, { timeoutMs: 60_000 });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return {
    arrivals,
    stop: () => (child.send('stop'), ended),
  };
}

/** When something came of each machine. */
class Times {
  #times = new Map();

  add(machine, at) {
    const known = this.#times.get(machine);
    if (known) known.push(at);
    else this.#times.set(machine, [at]);
  }

  firstSince(machine, at) {
    return this.#times.get(machine)?.find((time) => time >= at);
  }
}

/** What comes out of the stream, and what the publisher tells the edges. */
function observe(backbone) {
  const [stream, feed] = [new Times(), new Times()];
  const over = new AbortController();
  const read = async () => {
    for await (const batch of backbone.streams.read(streamName('scheduler'), 1, over.signal))
      for (const { subject } of batch) stream.add(subject.split('.').at(-1), clock());
  };
  void read().catch(() => undefined);
  const subscription = backbone.bus.subscribe(feedSubject(INSTANCE_FEED), ({ data }) => {
    const at = clock();
    for (const { key, row } of JSON.parse(Buffer.from(data)).changes ?? [])
      if (row?.started) feed.add(key, at);
  });
  return { stream, feed, close: () => (over.abort(), subscription.close()) };
}

/** @returns {Promise<Record<string, number[]>>} ms of each start, whole and by hops */
async function starts({ lives, rate, seconds, signal, edges, observed }) {
  const starts = [];
  let next = 0;
  const step = async () => {
    const begun = clock();
    const { machine, started } = await lives.live(next++);
    if (started) starts.push({ machine, begun, committed: clock() });
  };
  // Until every machine has taken four steps, starts come in waves.
  await openLoop({ perSecond: rate, seconds, signal }, step);
  const reached = ({ machine, begun }) =>
    edges.arrivals.map((times) => times.firstSince(machine, begun) ?? Infinity);
  await eventually(() => starts.every((start) => reached(start).every(Number.isFinite)), {
    timeoutMs: 60_000,
    everyMs: 100,
  });
  const hops = { whole: [], stream: [], feed: [], edges: [] };
  for (const start of starts) {
    const { machine, begun, committed } = start;
    const streamed = Math.max(committed, observed.stream.firstSince(machine, begun));
    const fed = Math.max(streamed, observed.feed.firstSince(machine, begun));
    const last = Math.max(fed, ...reached(start));
    hops.whole.push(last - committed);
    hops.stream.push(streamed - committed);
    hops.feed.push(fed - streamed);
    hops.edges.push(last - fed);
  }
  return hops;
}

const HOPS = {
  stream: 'commit to stream',
  feed: 'stream to feed',
  edges: `feed to the last of ${EDGES} edges`,
};

function rowsOf(how, { whole, ...hops }) {
  const row = (what, values, q, more = {}) => ({
    what: `${what}, ${how}, p${q * 100}`,
    figure: quantile(values, q),
    interval: quantileInterval(values, q),
    unit: 'ms',
    ...more,
  });
  const target = how.startsWith('300/s') ? { target: how.replace('/s', '') } : {};
  return [
    row(`commit to ${EDGES} edges`, whole, 0.5),
    row(`commit to ${EDGES} edges`, whole, 0.99, {
      bounds:
        'the feeds projection: one loop folds, opens, seals and writes every row, then ten edges share a core',
      ...target,
    }),
    ...Object.entries(hops).map(([hop, values]) => row(HOPS[hop], values, 0.99)),
  ];
}
