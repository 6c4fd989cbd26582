import { away } from './away.mjs';
import { clientCut } from './client-cut.mjs';
import { cutWorker } from './cut-worker.mjs';
import { diskFull } from './disk-full.mjs';
import { jetstream } from './jetstream.mjs';
import { kill } from './kill.mjs';
import { partition } from './partition.mjs';
import { restore } from './restore.mjs';
import { restart } from './restart.mjs';
import { stop } from './stop.mjs';

/**
 * @typedef {object} Scenario
 * @property {string} name
 * @property {string} title
 * @property {boolean} [isLong] left out unless it is named or all are asked for
 * @property {(world: import('../world/world.mjs').World, context: { random: any, run: string }) => Promise<void>} run
 *   `run` makes the names of this run new
 */

/** @type {Scenario[]} */
export const SCENARIOS = [
  clientCut,
  kill,
  restart,
  jetstream,
  diskFull,
  stop,
  away,
  partition,
  cutWorker,
  restore,
];
