import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../wait.mjs';

/**
 * One wish of a client, from its first attempt to a definite answer.
 * @typedef {object} Mutation
 * @property {string} kind
 * @property {string} mark text that the journal shows once for each time the wish was carried out
 * @property {import('./api.mjs').Call} call
 * @property {{ at: number, ms: number, outcome: string }[]} attempts
 * @property {{ status: number, json: any } | null} answer null while nobody said what became of it
 */

const PAUSE_MS = 150;
/** Less than the api takes to give up: clients are not patient. */
const ATTEMPT_MS = 6_000;
/** A client gives up on an answer after this; everything is healed long before. */
const PATIENCE_MS = 120_000;
const MOST_MACHINES = 4;

/** Clients that change things one after the other, each change under a key of its own, and repeat it until they know. */
export class Mutations {
  /** @type {Mutation[]} */
  made = [];
  #stopping = false;
  #running = [];

  /**
   * @param {{ api: ReturnType<import('./api.mjs').apiOf>, organization: string, image: string, random: any, run: string }} options
   *   `run` makes names new in each run
   */
  constructor(options) {
    this.options = options;
  }

  start(clients = 3) {
    for (let client = 0; client < clients; client++) this.#running.push(this.#work(client));
    return this;
  }

  /** The apps that clients made. */
  get apps() {
    return this.made.filter(({ kind }) => kind === 'create-app').map(({ mark }) => mark);
  }

  /** Lets every client see its last wish through. */
  async stop() {
    this.#stopping = true;
    await Promise.all(this.#running);
  }

  /** Repeats a wish under its key until its answer is definite, as the documentation tells clients to. */
  async settle(mutation) {
    const { api } = this.options;
    const deadline = Date.now() + PATIENCE_MS;
    while (mutation.answer === null && Date.now() < deadline) {
      const at = Date.now();
      const outcome = await api.send(mutation.call, ATTEMPT_MS).catch((error) => error);
      const failed = outcome instanceof Error;
      mutation.attempts.push({
        at,
        ms: Date.now() - at,
        outcome: failed ? (outcome.code ?? outcome.name) : String(outcome.status),
      });
      if (!failed && isDefinite(outcome)) mutation.answer = outcome;
      else await sleep(250);
    }
    return mutation.answer;
  }

  async #work(client) {
    const random = this.options.random.fork(`client ${client}`);
    const state = { name: `${this.options.run}-${client}`, machines: [], count: 0 };
    const app = await this.#do(wishes.app(state, this.options));
    if (app?.status !== 201) return;
    if (app.isBehind) await this.#readable(`/v1/apps/${state.name}`);
    while (!this.#stopping) {
      await this.#step(state, random);
      await sleep(random.between(PAUSE_MS / 2, PAUSE_MS * 1.5));
    }
  }

  async #step(state, random) {
    state.count++;
    if (state.machines.length === 0 || (state.machines.length < MOST_MACHINES && random.below(5) === 0)) {
      const made = await this.#do(wishes.machine(state, this.options));
      if (made?.status !== 200) return;
      if (made.isBehind) await this.#readable(`/v1/apps/${state.name}/machines/${made.json.id}`);
      state.machines.push(made.json.id);
    } else if (state.machines.length === MOST_MACHINES && random.below(5) === 0) {
      await this.#do(wishes.destroy(state, this.options, state.machines.shift()));
    } else await this.#do(wishes.metadata(state, this.options, random.pick(state.machines)));
  }

  /** What an answer said is not to be read yet is waited for before it is used. */
  #readable(path) {
    const { api } = this.options;
    return eventually(
      `${path} can be read`,
      async () => (await api.send({ method: 'GET', path })).status === 200,
    );
  }

  #do({ kind, mark, call }) {
    const mutation = {
      kind,
      mark,
      call: { ...call, key: `${this.options.run}-${mark}` },
      attempts: [],
      answer: null,
    };
    this.made.push(mutation);
    return this.settle(mutation);
  }
}

/** Not a definite answer: nothing was done yet, or nobody knows. */
const isDefinite = ({ status }) => status < 500 && status !== 429 && status !== 408;

const wishes = {
  app: ({ name }, { organization }) => ({
    kind: 'create-app',
    mark: name,
    call: { method: 'POST', path: '/v1/apps', body: { app_name: name, org_slug: organization } },
  }),
  machine: ({ name, count }, { image }) => {
    const mark = `${name}-${count}`;
    const config = { image, guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 }, metadata: { mark } };
    return {
      kind: 'create-machine',
      mark,
      call: { method: 'POST', path: `/v1/apps/${name}/machines`, body: { skip_launch: true, config } },
    };
  },
  metadata: ({ name, count }, _, machine) => {
    const mark = `${name}-${count}`;
    return {
      kind: 'set-metadata',
      mark,
      call: {
        method: 'POST',
        path: `/v1/apps/${name}/machines/${machine}/metadata/value`,
        body: { value: mark },
      },
    };
  },
  destroy: ({ name, count }, _, machine) => ({
    kind: 'destroy-machine',
    mark: `${name}-${count}`,
    call: { method: 'DELETE', path: `/v1/apps/${name}/machines/${machine}?force=true` },
  }),
};
