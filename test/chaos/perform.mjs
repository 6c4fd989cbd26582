import { Failure } from '../../scripts/lib/failure.mjs';
import { seeded } from './random.mjs';
import { SCENARIOS } from './scenarios/index.mjs';

/** @returns {import('./scenarios/index.mjs').Scenario[]} those named, or the default ones */
export function choose(names, all = false) {
  const unknown = names.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  if (unknown) throw new Failure(`There is no scenario ${unknown}.`, 'See: node test/chaos/run.mjs --list');
  if (names.length > 0) return SCENARIOS.filter(({ name }) => names.includes(name));
  return SCENARIOS.filter(({ isLong }) => all || !isLong);
}

/** Runs one scenario on a whole platform and prints what happened when. */
export async function perform(scenario, { world, seed }) {
  const { timeline } = world;
  timeline.say(`— ${scenario.title} (--seed ${seed} ${scenario.name})`);
  await world.healed();
  const run = `c${seed.toString(36)}${scenario.name.slice(0, 3)}${Math.round(performance.now()).toString(36)}`;
  try {
    await scenario.run(world, { random: seeded(seed).fork(scenario.name), run });
    timeline.say(`  ${scenario.name}: every invariant held`);
  } catch (error) {
    timeline.say(`  ${scenario.name} FAILED; the logs of every process: ${world.keepLogs()}`);
    throw error;
  }
}
