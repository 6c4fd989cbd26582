import { newHostId } from '@bulkhead/contracts';
import { CommandBus, natsBus } from '@bulkhead/journal';
import { connect } from 'nats';
import { FeedRouteSource } from '../../../apps/edge/dist/control/feed-route-source.js';
import { RouteBook } from '../../../apps/edge/dist/routing/route-book.js';

/**
 * A process of edges: each with a connection, a follower and a table of its own. Tells its parent when a machine's row came into which
 * table, by this machine's clock.
 */
const [, , url, count] = process.argv;
const clock = () => performance.timeOrigin + performance.now();
const logger = { warn: report, error: report };
let arrivals = [];

function report(details, what) {
  process.send({ problem: `${what}: ${details.err ?? JSON.stringify(details)}` });
}

async function edge(index) {
  const caller = newHostId();
  const connection = await connect({ servers: url, name: caller, inboxPrefix: `_IN.${caller}` });
  const bus = natsBus(connection);
  const slots = new Map();
  const slotOf = (key) => slots.get(key) ?? (slots.set(key, slots.size), slots.size - 1);
  const book = new RouteBook({ ownHost: undefined, slotOf });
  const source = new FeedRouteSource(
    () => Promise.resolve({ bus, commands: new CommandBus(bus, caller) }),
    logger,
  );
  await source.start((change) => {
    book.apply(change);
    if (change.kind === 'snapshot') process.send({ ready: index });
    else if (change.kind === 'put') arrivals.push([index, change.row.machine, change.row.started, clock()]);
  });
  return source;
}

const edges = await Promise.all(Array.from({ length: Number(count) }, (_, index) => edge(index)));
const telling = setInterval(() => {
  if (arrivals.length > 0) process.send({ arrivals });
  arrivals = [];
}, 100);
process.once('disconnect', () => process.exit());
process.once('message', async () => {
  clearInterval(telling);
  await Promise.all(edges.map((source) => source.stop()));
  process.exit();
});
