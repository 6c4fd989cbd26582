import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange } from './exchange.mjs';

/**
 * One request through the edge.
 * @typedef {{ app: string, sentAt: number, endedAt: number, problem: string | null, machine?: string, boot?: string }} Visit
 */

const EVERY_MS = 120;
const TIMEOUT_MS = 10_000;

/** Visitors of apps: some keep their connection, some come anew each time. */
export class Visits {
  /** @type {Visit[]} */
  made = [];
  #stopping = false;
  #running = [];
  #options;

  /** @param {{ edges: { https: string, domain: string }[], ca: Buffer }} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {string} app */
  start(app) {
    for (const edge of this.#options.edges) {
      const kept = new https.Agent({ keepAlive: true, maxSockets: 1 });
      this.#running.push(
        this.#come(app, edge, kept).finally(() => kept.destroy()),
        this.#come(app, edge),
      );
    }
    return this;
  }

  async stop() {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  async #come(app, edge, agent) {
    while (!this.#stopping) {
      this.made.push(await this.visit(app, edge, agent));
      await sleep(EVERY_MS);
    }
  }

  /** @returns {Promise<Visit>} */
  async visit(app, edge, agent = false) {
    const { ca } = this.#options;
    const name = `${app}.${edge.domain}`;
    const sentAt = performance.now();
    const found = await exchange(edge.https, {
      agent,
      ca,
      servername: name,
      headers: { host: name },
      timeoutMs: TIMEOUT_MS,
    }).catch((error) => error);
    const told = { app, sentAt, endedAt: performance.now() };
    if (found instanceof Error) return { ...told, problem: found.code ?? found.message };
    if (found.status !== 200 || !found.text.startsWith('{'))
      return { ...told, problem: `${found.status} ${found.text.slice(0, 80)}` };
    return { ...told, problem: null, ...JSON.parse(found.text) };
  }
}
