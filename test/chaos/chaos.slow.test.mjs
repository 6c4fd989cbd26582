import path from 'node:path';
import { after, before, test } from 'node:test';
import { choose, perform } from './perform.mjs';
import { Timeline } from './timeline.mjs';
import { World } from './world/world.mjs';

/** `BULKHEAD_CHAOS_SEED` repeats a run, `BULKHEAD_CHAOS` names scenarios, or is `all`. */
const seed = Number(process.env.BULKHEAD_CHAOS_SEED ?? Date.now() % 2 ** 31);
const named = (process.env.BULKHEAD_CHAOS ?? '').split(/[\s,]+/).filter(Boolean);
const all = named.includes('all');
/** Its disk is a mount, its parts are users of their own, its machines are jailed. */
const skip = process.getuid() === 0 ? false : 'needs root';
let world;

before(async () => {
  if (skip) return;
  world = await World.start({ root: path.resolve(import.meta.dirname, '../..'), timeline: new Timeline() });
});
after(() => world?.stop());

for (const scenario of choose(all ? [] : named, all)) {
  const { name, title } = scenario;
  test(`${name}: ${title}`, { skip }, () => perform(scenario, { world, seed }));
}
