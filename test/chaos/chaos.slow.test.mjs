import { after, before, test } from 'node:test';
import { Laboratory } from './laboratory.mjs';
import { choose } from './perform.mjs';

/** `BULKHEAD_CHAOS_SEED` makes another run, `BULKHEAD_CHAOS` names scenarios, or is `all`. */
const seed = Number(process.env.BULKHEAD_CHAOS_SEED ?? 1);
const named = (process.env.BULKHEAD_CHAOS ?? '').split(/[\s,]+/).filter(Boolean);
const all = named.includes('all');
/** Its disk is a mount, its parts are users of their own, its machines are jailed. */
const skip = process.getuid() === 0 ? false : 'needs root';
let laboratory;

before(async () => {
  if (skip) return;
  laboratory = new Laboratory();
  await laboratory.begin();
});
after(() => laboratory?.end());

for (const { name, title } of choose(all ? [] : named, all))
  test(`${name}: ${title}`, { skip }, () => laboratory.perform(name, seed));
