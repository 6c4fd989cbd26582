import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installHostPackages } from '../../../scripts/setup/host-packages.mjs';
import { median, medianInterval, pairedRatio, quantile } from '../harness/statistics.mjs';
import { LoadProcess } from './load-process.mjs';
import { familyOf, memoryOf, schedulingOf } from './proc.mjs';
import { BENCH_PACKAGES, HOST, startBackend, startProxies } from './proxies.mjs';

const CONNECTIONS = 64;
const OPEN_LOOP_CONNECTIONS = 256;
const IDLE_CONNECTIONS = 1000;
/** Requests after which a proxy has compiled and allocated what it will. */
const WARM_REQUESTS = 20_000;
const WARM_MS = 20_000;
const SETTLE_MS = 300;
const QUIET_MS = 3_000;
const MODES = { plain: 'plain HTTP/1.1', tls: 'TLS 1.3' };

const targets = {
  'plain-nginx': cpuTarget('plain', 'nginx', 1.6),
  'plain-caddy': cpuTarget('plain', 'caddy', 0.3),
  'tls-nginx': cpuTarget('tls', 'nginx', 1.7),
  'tls-caddy': cpuTarget('tls', 'caddy', 0.35),
  p99: {
    what: "p99 at half of nginx's rate, open loop",
    of: 'ratio',
    comparison: '<=',
    figure: 2,
    unit: '× nginx',
  },
  memory: {
    what: 'memory of an idle TLS connection',
    of: 'figure',
    comparison: '<=',
    figure: 40,
    unit: 'KiB',
  },
};

function cpuTarget(mode, peer, figure) {
  return {
    what: `CPU of a request, ${MODES[mode]}`,
    of: 'ratio',
    comparison: '<=',
    figure,
    unit: `× ${peer}`,
  };
}

const BOUNDS = {
  cpu: "the kernel's two reads and two writes a request, and Node's streams around them",
  p99: "one thread's longest turn: garbage collection, and a batch of requests",
  memory: "OpenSSL's state and Node's stream objects",
};

/** @type {import('../harness/bench.mjs').Bench} */
export default {
  name: 'edge',
  title: 'Edge',
  measures: `CPU time of the proxy's process per request (64 kept connections, a browser's request, 1 KiB answered from memory), with
routing by host name, concurrency limits, a request id and a log line per request in each. One worker each, on one core; load and backend
on another. The p99 is of requests sent at their times, whatever became of those before, over 256 connections. Memory is what ${IDLE_CONNECTIONS}
TLS connections add that have asked once. Debian's nginx, HAProxy and Caddy are the measure; ratios are of pairs of the same rotation.`,
  targets,
  run: measure,
};

async function measure(context) {
  await installHostPackages(context.say, { packages: BENCH_PACKAGES });
  const directory = mkdtempSync(path.join(tmpdir(), 'edge-bench-'));
  const stops = [() => rmSync(directory, { recursive: true })];
  try {
    const backend = await startBackend(path.join(directory, 'backend'));
    stops.unshift(backend.stop);
    const proxies = await startProxies(directory, backend.port, context.node);
    stops.unshift(...proxies.map(({ stop }) => stop));
    const load = new LoadProcess(context.node);
    stops.unshift(() => load.stop());
    return await measureAll({ proxies, load, context });
  } finally {
    for (const stop of stops) await stop();
  }
}

async function measureAll(bench) {
  const { say } = bench.context;
  const rows = [];
  const slices = {};
  for (const mode of Object.keys(MODES)) {
    say(`CPU of a request, ${MODES[mode]}`);
    await warmUp(bench, mode);
    slices[mode] = await rotate(bench, mode);
    rows.push(...cpuRows(mode, slices[mode]));
  }
  const rate = Math.floor(median(slices.plain.nginx.map(({ rate }) => rate)) / 2);
  say(`latency at ${rate} requests/s`);
  rows.push(await latencyRow(bench, rate));
  say('memory of idle connections');
  rows.push(await memoryRow(bench));
  return rows;
}

/** By proxy, its slices, one per rotation. */
async function rotate(bench, mode) {
  const { proxies, context } = bench;
  const slices = Object.fromEntries(proxies.map(({ name }) => [name, []]));
  const rotations = context.long ? 24 : 8;
  for (let turn = 0; turn < rotations; turn++)
    for (const proxy of turn % 2 === 0 ? proxies : proxies.toReversed()) {
      context.signal.throwIfAborted();
      slices[proxy.name].push(await cpuSlice(bench, proxy, mode));
    }
  return slices;
}

const connectTo = (proxy, mode, count) => ({
  count,
  port: proxy.ports[mode],
  tls: mode === 'tls',
  host: HOST,
});

async function warmUp({ proxies, load }, mode) {
  for (const proxy of proxies) {
    await load.ask('open', connectTo(proxy, mode, CONNECTIONS));
    await load.ask('start', {});
    const until = performance.now() + WARM_MS;
    for (let answered = 0; answered < WARM_REQUESTS && performance.now() < until;) {
      await sleep(SETTLE_MS);
      answered += (await load.ask('mark')).answered;
    }
    await load.ask('close');
  }
}

/** Microseconds of CPU per request, and requests per second. */
async function cpuSlice({ load, context }, proxy, mode) {
  await load.ask('open', connectTo(proxy, mode, CONNECTIONS));
  await load.ask('start', {});
  await sleep(SETTLE_MS);
  const family = familyOf(proxy.pid);
  await load.ask('mark');
  const before = schedulingOf(family);
  const startedAt = performance.now();
  await sleep(context.long ? 3000 : 1200);
  const { answered } = await load.ask('mark');
  const ran = schedulingOf(family).ran - before.ran;
  const seconds = (performance.now() - startedAt) / 1000;
  await load.ask('close');
  return { micros: ran / 1000 / answered, rate: answered / seconds };
}

const pairsOf = (ours, peers, value) =>
  ours.map((slice, turn) => ({ ours: value(slice), peer: value(peers[turn]) }));

function cpuRows(mode, slices) {
  const own = slices.edge.map(({ micros }) => micros);
  return Object.keys(slices)
    .filter((name) => name !== 'edge')
    .map((peer) => ({
      what: `CPU of a request, ${MODES[mode]}`,
      figure: median(own),
      interval: medianInterval(own),
      unit: 'µs',
      peer: { what: peer, figure: median(slices[peer].map(({ micros }) => micros)) },
      ratio: pairedRatio(pairsOf(slices.edge, slices[peer], ({ micros }) => micros)),
      ...targetOf(`${mode}-${peer}`, BOUNDS.cpu),
    }));
}

const targetOf = (target, bounds) => (target in targets ? { target, bounds } : {});

async function latencyRow(bench, rate) {
  const [edge, nginx] = ['edge', 'nginx'].map((name) => bench.proxies.find((proxy) => proxy.name === name));
  const pairs = [];
  for (let turn = 0; turn < (bench.context.long ? 16 : 8); turn++) {
    bench.context.signal.throwIfAborted();
    const values = new Map();
    for (const proxy of turn % 2 === 0 ? [edge, nginx] : [nginx, edge])
      values.set(proxy, await p99Of(bench, proxy, rate));
    pairs.push({ ours: values.get(edge), peer: values.get(nginx) });
  }
  const own = pairs.map(({ ours }) => ours);
  return {
    what: `p99, plain HTTP/1.1, open loop at ${rate}/s`,
    figure: median(own),
    interval: medianInterval(own),
    unit: 'ms',
    peer: { what: 'nginx', figure: median(pairs.map(({ peer }) => peer)) },
    ratio: pairedRatio(pairs),
    ...targetOf('p99', BOUNDS.p99),
  };
}

async function p99Of({ load, context }, proxy, rate) {
  await load.ask('open', connectTo(proxy, 'plain', OPEN_LOOP_CONNECTIONS));
  await load.ask('askOnce');
  await load.ask('start', { rate });
  await sleep(SETTLE_MS);
  await load.ask('mark');
  await sleep(context.long ? 5000 : 2500);
  const { latencies } = await load.ask('mark');
  await load.ask('close');
  return quantile(latencies, 0.99);
}

async function memoryRow(bench) {
  const perConnection = {};
  for (const proxy of bench.proxies) {
    bench.context.signal.throwIfAborted();
    perConnection[proxy.name] = await idleMemoryOf(bench, proxy);
  }
  return {
    what: `memory of an idle TLS connection, of ${IDLE_CONNECTIONS}`,
    figure: perConnection.edge,
    unit: 'KiB',
    peer: { what: 'nginx', figure: perConnection.nginx },
    ...targetOf('memory', BOUNDS.memory),
  };
}

async function idleMemoryOf({ load }, proxy) {
  const family = familyOf(proxy.pid);
  await sleep(QUIET_MS);
  const before = memoryOf(family);
  await load.ask('open', connectTo(proxy, 'tls', IDLE_CONNECTIONS));
  await load.ask('askOnce');
  await sleep(QUIET_MS);
  const grown = memoryOf(family) - before;
  await load.ask('close');
  return grown / IDLE_CONNECTIONS / 1024;
}
