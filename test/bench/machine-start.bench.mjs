import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sideBySide } from './harness/side-by-side.mjs';
import { median, medianInterval, pairedDifference } from './harness/statistics.mjs';
import { withMachines } from './machines/parts.mjs';
import { namesOf, PARTS, spansOf } from './machines/spans.mjs';

const LOOK_EVERY_MS = 5;
const LIMIT_MS = 120_000;

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'Machines: start, suspend, resume',
  measures: `A machine of the sample app (256 MB, its image on the host): from the API call to the first answer through the edge over TLS, or,
for a suspension, until the API says that it is suspended. Beside it the same kernel, init, image and QEMU arguments started by hand,
without jail and on QEMU's user network, to the first answer on its port; suspended by hand to a plain file. The figure is ours, the
row "more than by hand" the paired difference. Services send their traces meanwhile; what a start is made of are the medians of its
parts, each beginning where the last one ended.`,
  targets: {
    start: { what: 'start: more than by hand', of: 'figure', comparison: '<=', figure: 150, unit: 'ms' },
    suspend: { what: 'suspend: more than by hand', of: 'figure', comparison: '<=', figure: 150, unit: 'ms' },
    resume: { what: 'resume: more than by hand', of: 'figure', comparison: '<=', figure: 150, unit: 'ms' },
  },
  run: (context) =>
    withMachines(context, async (parts) => {
      const pairs = context.long ? 60 : 30;
      const machine = await parts.platform.create();
      const starts = await measureStarts(parts, machine, pairs);
      context.say(`started ${pairs} times each`);
      const { suspend, resume } = await measureSuspensions(parts, machine, pairs);
      return [...starts, ...rows('suspend', suspend), ...resume];
    }),
};

async function measureStarts({ platform, byHand, traces }, machine, count) {
  const begun = [];
  const stop = async () => {
    await platform.ask(machine, 'stop');
    await platform.settle(machine, 'stopped');
  };
  await stop();
  const pairs = await sideBySide(count, {
    ours: async () => {
      begun.push(await startAndVisit(platform, machine));
      await stop();
      return begun.at(-1).took;
    },
    peer: async () => {
      let vm;
      const took = await timed(async () => (vm = await byHand.start()));
      await vm.end();
      return took;
    },
  });
  await startAndVisit(platform, machine);
  return [...rows('start', pairs), ...(await partRows('start', traces, begun))];
}

async function measureSuspensions({ platform, byHand, traces, directory }, machine, count) {
  const file = path.join(directory, 'memory');
  const begun = [];
  const byHandResumes = [];
  const suspend = await sideBySide(count, {
    ours: async () => {
      const took = await timed(async () => {
        await platform.ask(machine, 'suspend');
        await platform.settle(machine, 'suspended');
      });
      begun.push(await startAndVisit(platform, machine));
      return took;
    },
    peer: async () => {
      let vm = await byHand.start();
      const took = await timed(() => vm.suspend(file));
      byHandResumes.push(await timed(async () => (vm = await byHand.resume(file))));
      await vm.end();
      return took;
    },
  });
  const pairs = begun.map(({ took }, index) => ({ ours: took, peer: byHandResumes[index] }));
  return { suspend, resume: [...rows('resume', pairs), ...(await partRows('resume', traces, begun))] };
}

async function startAndVisit(platform, machine) {
  const from = Date.now();
  const begun = performance.now();
  const { trace } = await platform.ask(machine, 'start');
  await untilAnswered(platform);
  const took = performance.now() - begun;
  await platform.settle(machine, 'started');
  return { trace, took, from, until: from + took };
}

function rows(what, pairs) {
  const ours = pairs.map((pair) => pair.ours);
  const byHand = { what: 'by hand', figure: median(pairs.map((pair) => pair.peer)) };
  return [
    { what, figure: median(ours), interval: medianInterval(ours), unit: 'ms', peer: byHand },
    { what: `${what}: more than by hand`, ...pairedDifference(pairs), unit: 'ms', target: what },
  ];
}

async function partRows(what, traces, begun) {
  const parts = PARTS[what];
  const all = [];
  for (const { trace, ...whole } of begun)
    all.push(spansOf(parts, await traces.trace(trace, namesOf(parts)), whole));
  return [...all[0].keys()].map((part) => {
    const values = all.map((spans) => spans.get(part));
    return {
      what: `${what}, of which ${part}`,
      figure: median(values),
      interval: medianInterval(values),
      unit: 'ms',
    };
  });
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function untilAnswered(platform) {
  const until = Date.now() + LIMIT_MS;
  while ((await platform.visit()) !== 200) {
    if (Date.now() > until) throw new Error('The machine does not answer through the edge.');
    await sleep(LOOK_EVERY_MS);
  }
}
