import { readFileSync } from 'node:fs';
import { startInstance } from '../../scripts/test/instance.mjs';
import { cacheOf } from '../../scripts/test/set-up.mjs';
import { quantile, quantileInterval } from './harness/statistics.mjs';
import { openLoop } from './support/load.mjs';

const PER_SECOND = 100;
const MACHINES = 40;

/** @type {import('./harness/bench.mjs').Bench} */
export default {
  title: 'API mutations',
  measures: `A whole platform as \`npm start\` makes it, each service a process of its own. ${PER_SECOND} mutations are begun each second whatever the last
ones take (open loop), from the moment each was due to its whole answer: every fourth creates or deletes an app (the api’s own journal), the others set
metadata of one of ${MACHINES} machines (api, bus, scheduler). An answer waits until the change can be read.`,
  targets: {
    mutations: {
      what: `mutation at ${PER_SECOND}/s, p99`,
      of: 'figure',
      comparison: '<=',
      figure: 50,
      unit: 'ms',
    },
  },
  async run({ root, long, signal, say }) {
    const instance = await startInstance({ root, cache: cacheOf(root) });
    try {
      const client = new Client(JSON.parse(readFileSync(instance.devFile, 'utf8')));
      const machines = await client.makeMachines(MACHINES);
      for (const machine of machines) await client.setMetadata(machine);
      const took = { app: [], metadata: [] };
      let [n, refused] = [0, 0];
      const mutation = async (due) => {
        const kind = ++n % 4 === 0 ? 'app' : 'metadata';
        const change =
          kind === 'app' ? client.changeApps() : client.setMetadata(machines[n % machines.length]);
        await change.catch((error) => refused++ || say(error.message));
        took[kind].push(performance.now() - due);
      };
      const seconds = long ? 120 : 20;
      const rate = await openLoop({ perSecond: PER_SECOND, seconds, signal }, mutation);
      return rowsOf(rate, refused, took);
    } finally {
      await instance.stop(false);
    }
  },
};

function rowsOf(rate, refused, { app, metadata }) {
  const row = (what, values, q, more = {}) => ({
    what: `${what}, p${q * 100}`,
    figure: quantile(values, q),
    interval: quantileInterval(values, q),
    unit: 'ms',
    ...more,
  });
  const all = [...app, ...metadata];
  return [
    { what: 'mutations begun', figure: rate, unit: '/s' },
    { what: 'of them not answered with success', figure: refused, unit: '' },
    row(`mutation at ${PER_SECOND}/s`, all, 0.5),
    row(`mutation at ${PER_SECOND}/s`, all, 0.99, { target: 'mutations' }),
    row('of them an app created or deleted', app, 0.99),
    row('of them metadata set', metadata, 0.99),
  ];
}

/** Calls of the API as its operator. */
class Client {
  #platform;
  #made = 0;
  #spare = [];
  /** Names are never given twice on one platform. */
  #run = Date.now().toString(36);

  constructor(platform) {
    this.#platform = platform;
  }

  /** Creates an app, or deletes one again: an organization has a quota of them. */
  changeApps() {
    const spare = this.#spare.shift();
    return spare ? this.#call('DELETE', `/v1/apps/${spare}`) : this.#createSpare();
  }

  async #createSpare() {
    this.#spare.push(await this.createApp());
  }

  async createApp() {
    const app_name = `bench-${this.#run}-${++this.#made}`;
    await this.#call('POST', '/v1/apps', { app_name, org_slug: this.#platform.organization });
    return app_name;
  }

  /** Machines that are placed and never started, of the sample app's image. */
  async makeMachines(count) {
    const sample = `/v1/apps/${this.#platform.sampleApp.name}/machines`;
    const [{ config }] = await this.#call('GET', sample);
    const app = await this.createApp();
    const wanted = { config: { image: config.image, guest: config.guest }, skip_launch: true };
    const machines = [];
    for (let n = 0; n < count; n++) {
      const { id } = await this.#call('POST', `/v1/apps/${app}/machines`, wanted);
      machines.push(`/v1/apps/${app}/machines/${id}`);
    }
    return machines;
  }

  setMetadata(machine) {
    return this.#call('POST', `${machine}/metadata/counted`, { value: String(++this.#made) });
  }

  async #call(method, path, body) {
    const { apiUrl, adminToken } = this.#platform;
    const response = await fetch(apiUrl + path, {
      method,
      headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
