import { hostAggregate, place } from '@bulkhead/domain';
import { newAppId, newHostId, newOrganizationId, newTokenId } from '@bulkhead/contracts';
import { schedulerContracts } from '@bulkhead/contracts/events';
import { DataKeySealer, systemClock, systemRandom } from '@bulkhead/journal';
import { createMachine } from '../../apps/scheduler/dist/machines/create-machine.js';
import { keepHost } from '../../apps/scheduler/dist/placement/tables.js';
import { MIGRATIONS } from '../../apps/scheduler/dist/storage/migrations.js';
import { median, medianInterval } from './harness/statistics.mjs';
import { withBackbone } from './support/backbone.mjs';
import { ratePerSecond } from './support/load.mjs';

const FLEETS = [1_000, 5_000];
const CLIENTS = 16;
const NOMAD = { what: 'Nomad’s C1M, published', figure: 3_750 };
const TABLES = ['host', 'placement', 'lease'];
const CONFIG = { image: 'shop:1', guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 } };
const CAPACITY = { cpus: 4_096, memoryMb: 2 ** 20, diskMb: 2 ** 24 };

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Placement',
  measures: `Decisions where a machine goes, each looking at every host. “Deciding” is the pure function on one core, hosts in memory; “committed” is the
scheduler’s whole command \`create-machine\` from ${CLIENTS} callers, each for an app and an organization of its own: hosts read from Postgres, name, quota, host and
machine decided together and on disk. Nomad’s figure is HashiCorp’s own (a million containers on 5,000 hosts, 2016), of other hardware.`,
  targets: {},
  async run({ long }) {
    const rows = [];
    for (const hosts of FLEETS) rows.push(decided(hosts, long), await committed(hosts, long));
    return rows;
  },
};

function decided(hosts, long) {
  const fleet = Array.from({ length: hosts }, (_, n) => ({
    host: newHostId(),
    name: `host-${n}`,
    region: 'local',
    labels: {},
    capacity: CAPACITY,
    used: { cpus: n % 60, memoryMb: (n * 7_919) % 2 ** 19, diskMb: 0 },
    cordoned: false,
    lost: false,
    siblings: n % 3,
  }));
  const request = { region: 'local', labels: {}, resources: { cpus: 1, memoryMb: 256, diskMb: 1_024 } };
  const rates = Array.from({ length: long ? 31 : 11 }, () => {
    const until = performance.now() + 200;
    const started = performance.now();
    let done = 0;
    for (; performance.now() < until; done++) place(request, fleet);
    return (done * 1_000) / (performance.now() - started);
  });
  return row(`deciding, ${hosts} hosts`, rates);
}

const committed = (hosts, long) =>
  withBackbone({ contracts: schedulerContracts }, async ({ database, backbone }) => {
    await makeTables(database.pool);
    const scheduler = {
      clock: systemClock,
      random: systemRandom,
      journal: backbone.journal(),
      database: backbone.database,
      sealer: new DataKeySealer(backbone.keys),
    };
    await joinHosts(scheduler, backbone, hosts);
    await database.pool.query('analyze');
    const { handle } = createMachine(scheduler);
    const create = () => {
      const app = {
        id: newAppId(),
        organization: newOrganizationId(),
        name: 'shop',
        networkId: 7,
        deleted: false,
      };
      const principal = { kind: 'user', principal: { token: newTokenId() }, app };
      const context = { id: systemRandom.id(), name: 'create-machine', principal, actor: undefined };
      const asked = { app: app.id, region: 'local', config: CONFIG, launch: true, cordoned: false };
      return handle(context, asked);
    };
    await create();
    const rates = [];
    for (let run = 0; run < (long ? 15 : 6); run++)
      rates.push(await ratePerSecond({ clients: CLIENTS, seconds: long ? 5 : 2 }, create));
    return row(`committed, ${hosts} hosts`, rates);
  });

const row = (what, rates) => ({
  what,
  figure: median(rates),
  interval: medianInterval(rates),
  unit: '/s',
  peer: NOMAD,
});

async function makeTables(pool) {
  const runner = { query: (sql) => pool.query(`set search_path = scheduler; ${sql}`) };
  for (const Migration of MIGRATIONS) await new Migration().up(runner);
  await pool.query(
    `grant select, insert, update, delete on ${TABLES.map((table) => `scheduler.${table}`).join(', ')} to public`,
  );
}

async function joinHosts({ journal }, backbone, count) {
  for (let from = 0; from < count; from += CLIENTS)
    await Promise.all(
      Array.from({ length: Math.min(CLIENTS, count - from) }, (_, n) => join(journal, backbone, from + n)),
    );
}

const join = (journal, backbone, n) =>
  journal.execute(backbone.command({ organization: 'platform' }), async (decision) => {
    const host = newHostId();
    const loaded = await decision.load(hostAggregate, host);
    const place = { host, name: `host-${n}`, number: n + 1, region: 'local', labels: {}, forward: null };
    const events = hostAggregate.decide(
      { type: 'join', ...place, capacity: CAPACITY, sealingKey: Buffer.alloc(32).toString('base64') },
      loaded.state,
    );
    decision.append(loaded, events);
    await keepHost(decision, events.reduce(hostAggregate.evolve, loaded.state));
  });
