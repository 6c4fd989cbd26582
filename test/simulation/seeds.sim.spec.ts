import { appendFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { z } from 'zod';
import { BUGS } from './bugs.js';
import { planOf } from './scenario/plan.js';
import { shrink } from './shrink.js';
import { simulate } from './simulation.js';
import { timelineOf } from './timeline.js';

/** What `run.mjs` asks of one of its processes. */
const asked = z
  .object({
    from: z.number(),
    seeds: z.number(),
    step: z.number(),
    seconds: z.number(),
    report: z.string(),
    /** Part of the name of a mistake to be planted. */
    bug: z.string().optional(),
  })
  .parse(JSON.parse(process.env['BULKHEAD_SIMULATION'] ?? 'null'));

const MOST_SHRUNK = 2;

it(
  'keeps every promise under every seed',
  async () => {
    const broken: number[] = [];
    const { bug } = asked;
    if (bug !== undefined) BUGS.find(({ name }) => name.includes(bug))?.plant();
    const until = performance.now() + asked.seconds * 1_000;
    for (let seed = asked.from; seed < asked.from + asked.seeds; seed += asked.step) {
      if (performance.now() > until) break;
      const { violation, coverage, digest } = await simulate({ seed });
      say({ seed, digest, coverage, violation: violation?.message ?? null });
      if (!violation) continue;
      broken.push(seed);
      if (broken.length > MOST_SHRUNK) continue;
      const { plan, outcome } = await shrink(seed, planOf(seed), violation.promise);
      const faults = plan.filter(({ isFault }) => isFault).length;
      say({
        seed,
        shrunk: `${plan.length} steps, ${faults} of them faults`,
        timeline: timelineOf(outcome.notes),
      });
    }
    expect(broken).toEqual([]);
  },
  24 * 3_600_000,
);

const say = (line: object): void => appendFileSync(asked.report, `${JSON.stringify(line)}\n`);
