import { KeptHead, assertNoDrift } from '../invariants/history.mjs';
import {
  assertAnswered,
  assertCarriedOutOnce,
  assertReadable,
  assertSameAnswers,
} from '../invariants/commands.mjs';
import { MachineWatch } from '../invariants/machines.mjs';
import { assertNoneFailed, assertOneGenerationAnswers } from '../invariants/visits.mjs';
import { remove } from '../world/apps.mjs';
import { Mutations } from './mutations.mjs';
import { Visits } from './visits.mjs';

const ASKED_AGAIN = 25;

/** Clients of the API and visitors of apps, and what must hold of what they saw. */
export class Load {
  /**
   * @param {import('../world/world.mjs').World} world
   * @param {{ random: any, run: string, apps: string[], edges?: { https: string, domain: string }[] }} options
   */
  static async start(world, { random, run, apps, edges = [world.dev.edge] }) {
    const load = new Load();
    load.world = world;
    load.random = random;
    load.run = run;
    load.head = await new KeptHead(world.bulkhead).keep();
    load.watch = new MachineWatch(world.hosts);
    const { api, organization, image, ca } = world;
    load.clients = (name) => new Mutations({ api, organization, image, random, run: name }).start();
    load.mutations = load.clients(run);
    load.visits = new Visits({ edges, ca });
    for (const app of apps) load.visits.start(app);
    return load;
  }

  /** No request through the edge failed since then. */
  assertServed(since, during) {
    assertNoneFailed(
      this.visits.made.filter(({ sentAt }) => sentAt >= since),
      during,
    );
  }

  /** Other clients take the place of those that were stopped; what those made counts on. */
  goOn() {
    const { made } = this.mutations;
    this.mutations = this.clients(`${this.run}2`);
    this.mutations.made.unshift(...made);
  }

  /**
   * Ends the load once the platform is whole, and holds everything against what clients were told.
   * @param {{ answerMayBeLost?: (mutation: import('./mutations.mjs').Mutation) => boolean }} [known]
   */
  async conclude({ answerMayBeLost = () => false } = {}) {
    const { world, mutations, visits, watch } = this;
    await Promise.all([mutations.stop(), visits.stop()]);
    await world.healed();
    watch.stop();
    const { made } = mutations;
    const failed = visits.made.filter(({ problem }) => problem).length;
    world.timeline.say(
      `${made.length} mutations (attempts: ${outcomes(made)}); ${visits.made.length} requests through the edge, ${failed} failed`,
    );
    assertAnswered(made);
    await assertCarriedOutOnce(made, world.store);
    await assertReadable(made, world.api);
    await assertSameAnswers(this.random.shuffled(made).slice(0, ASKED_AGAIN), world.api, answerMayBeLost);
    assertOneGenerationAnswers(visits.made);
    await assertNoDrift(world.bulkhead);
    await this.head.assertProven();
    await Promise.all(mutations.apps.map((app) => remove(world, app)));
  }

  close() {
    this.watch.stop();
    this.head.forget();
    return Promise.all([this.mutations.stop(), this.visits.stop()]);
  }
}

/** How attempts ended, and how often. */
function outcomes(made) {
  const counts = new Map();
  for (const { outcome } of made.flatMap(({ attempts }) => attempts))
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  return [...counts].map(([outcome, count]) => `${count} × ${outcome}`).join(', ');
}
