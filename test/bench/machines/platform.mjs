import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import path from 'node:path';
import { startInstance } from '../../../scripts/test/instance.mjs';
import { cacheOf } from '../../../scripts/test/set-up.mjs';

const APP = 'bench';
export const GUEST = { cpus: 1, memoryMb: 256 };

/** A platform of its own as `npm start` makes it, driven from outside by API and edge alone. */
export class BenchedPlatform {
  #instance;
  #dev;
  #ca;

  constructor(instance) {
    this.#instance = instance;
    this.#dev = JSON.parse(readFileSync(instance.devFile, 'utf8'));
    this.#ca = readFileSync(this.#dev.caFile);
  }

  /** @param {{ root: string, traces: string }} options `traces`: where services send their spans */
  static async start({ root, traces }) {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: traces };
    const platform = new BenchedPlatform(await startInstance({ root, cache: cacheOf(root), environment }));
    await platform.#call('POST', '/v1/apps', { app_name: APP, org_slug: platform.#dev.organization });
    return platform;
  }

  stop() {
    return this.#instance.stop(false);
  }

  get data() {
    return path.dirname(this.#instance.devFile);
  }

  async image() {
    const [machine] = (await this.#call('GET', `/v1/apps/${this.#dev.sampleApp.name}/machines`)).body;
    return machine.config.image;
  }

  /** @returns {Promise<string>} its id, once it runs */
  async create() {
    const services = [
      { protocol: 'tcp', internal_port: 8080, ports: [{ port: 443, handlers: ['tls', 'http'] }] },
    ];
    const guest = { cpu_kind: 'shared', cpus: GUEST.cpus, memory_mb: GUEST.memoryMb };
    const config = { image: await this.image(), guest, services };
    const { id } = (await this.#call('POST', this.#machines(), { config })).body;
    await this.settle(id, 'started');
    return id;
  }

  async machines() {
    return (await this.#call('GET', this.#machines())).body;
  }

  destroy(id) {
    return this.#call('DELETE', `${this.#machines(id)}?force=true`);
  }

  /** Asks for something and comes back at once. @returns {Promise<{ trace: string }>} by which it can be followed */
  async ask(id, verb) {
    const { trace } = await this.#call('POST', `${this.#machines(id)}/${verb}`, {});
    return { trace };
  }

  async settle(id, state) {
    for (let tries = 0; ; tries++)
      try {
        return await this.#call('GET', `${this.#machines(id)}/wait?state=${state}&timeout=60`);
      } catch (error) {
        if (tries === 5) throw error;
      }
  }

  /** One visit through the edge, as a client that was not there before. @returns {Promise<number>} the status */
  visit() {
    const name = `${APP}.${this.#dev.edge.domain}`;
    const { port } = new URL(this.#dev.edge.https);
    const options = {
      host: '127.0.0.1',
      port,
      servername: name,
      headers: { host: name },
      ca: this.#ca,
      agent: false,
    };
    return new Promise((resolve, reject) => {
      request(options, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
      })
        .once('error', reject)
        .end();
    });
  }

  #machines(id) {
    return `/v1/apps/${APP}/machines${id === undefined ? '' : `/${id}`}`;
  }

  async #call(method, url, body) {
    const response = await fetch(`${this.#dev.apiUrl}${url}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#dev.adminToken}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`);
    return { body: text === '' ? null : JSON.parse(text), trace: response.headers.get('fly-trace-id') };
  }
}
