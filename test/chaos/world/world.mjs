import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';
import { Steps } from '../../../scripts/lib/steps.mjs';
import { startPlatform } from '../../../scripts/start/platform.mjs';
import { readSettings } from '../../../scripts/start/settings.mjs';
import { freePort } from '../../../scripts/test/instance.mjs';
import { apiOf } from '../load/api.mjs';
import { Visits } from '../load/visits.mjs';
import { bulkheadOf } from './bulkhead.mjs';
import { startCopy } from './copies.mjs';
import { Disk } from './disk.mjs';
import { Gate } from './gate.mjs';
import { Parts } from './parts.mjs';
import { startSecondHost } from './second-host.mjs';
import { Store } from './store.mjs';

/** Seconds; the shortest silences that the scheduler takes are 5. */
export const HOST_LOST_AFTER = 12;

/** A whole platform with real parts, on a disk of its own, and what faults and invariants need of it. */
export class World {
  #closers = [];
  #closersAfterPlatform = [];
  #copies = null;
  #secondHost = null;
  #secondEdge = null;

  /**
   * @param {{ root: string, timeline: import('../timeline.mjs').Timeline }} options
   * @returns {Promise<World>}
   */
  static async start({ root, timeline }) {
    const world = new World();
    try {
      await world.#start(root, timeline);
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async #start(root, timeline) {
    this.timeline = timeline;
    // Short: a Unix socket's address holds 107 bytes.
    mkdirSync('/var/lib/bulkhead-dev', { recursive: true, mode: 0o755 });
    const directory = mkdtempSync('/var/lib/bulkhead-dev/chaos-');
    this.#closers.push(() => rmSync(directory, { recursive: true, force: true }));
    await run('chmod', ['755', directory]);
    this.disk = await new Disk(path.join(directory, 'disk')).mount();
    this.#closers.push(() => this.disk.unmount());
    this.#closers.push(() => this.#closersAfterPlatform.forEach((close) => close()));
    const { instance, dev } = await startPlatform({
      settings: readSettings(root, await environment(root, this.disk.directory)),
      steps: new Steps(process.stderr),
      onStop: (close) => this.#closers.push(close),
      // Nobody waits for the test's machines to end well.
      hurry: AbortSignal.abort(),
    });
    this.instance = instance;
    /** The data directory of each host with machines. */
    this.hosts = [instance.layout.data];
    this.dev = dev;
    this.organization = dev.organization;
    this.api = apiOf(dev);
    this.store = new Store(instance);
    this.parts = new Parts(instance);
    this.bulkhead = bulkheadOf({ root, dev, node: instance.tools.node });
    this.image = await guestImage(root, instance);
    this.ca = readFileSync(dev.caFile);
    const limits = { apps: 10_000, machines: 10_000, cpus: 10_000, memory_mb: 10_000_000 };
    await this.api.send({
      method: 'PATCH',
      path: `/api/v1/organizations/${this.organization}/quota`,
      body: limits,
    });
  }

  /** A second copy of each service that may have several; once. Clients then ask both copies of the api. */
  copies() {
    this.#copies ??= (async () => {
      const { ports, postgres, layout, accounts } = this.instance;
      const sockets = new URL(postgres.url('api')).searchParams.get('host');
      const socket = `.s.PGSQL.${ports.POSTGRES}`;
      const directory = path.join(layout.data, 'gate');
      this.gates = {
        apiBus: this.#gate({ host: '127.0.0.1', port: ports.NATS }),
        apiDatabase: this.#gate({ path: path.join(sockets, socket) }),
      };
      await this.gates.apiDatabase.listenAt(directory, path.join(directory, socket), accounts.api);
      const ways = { nats: await this.gates.apiBus.listen(), postgresDirectory: directory };
      const [api] = await Promise.all([
        startCopy(this, 'api', 'api-b', ways),
        startCopy(this, 'scheduler', 'scheduler-b'),
        startCopy(this, 'audit', 'audit-b'),
      ]);
      this.api.alsoAt(`http://127.0.0.1:${api.port}`);
    })();
    return this.#copies;
  }

  /** A second host with machines, which reaches the bus through a gate; once. */
  secondHost() {
    this.#secondHost ??= (async () => {
      const bus = this.#gate({ host: '127.0.0.1', port: this.instance.ports.NATS });
      const { id, data, close } = await startSecondHost(this, { nats: await bus.listen() });
      this.#closersAfterPlatform.push(close);
      this.hosts.push(data);
      return { id, bus };
    })();
    return this.#secondHost;
  }

  /** A second edge, which reaches the bus through a gate; once. */
  secondEdge() {
    this.#secondEdge ??= (async () => {
      const bus = this.#gate({ host: '127.0.0.1', port: this.instance.ports.NATS });
      const { httpsPort } = await startCopy(this, 'edge', 'edge-b', { nats: await bus.listen() });
      return { address: { ...this.dev.edge, https: `https://127.0.0.1:${httpsPort}` }, bus };
    })();
    return this.#secondEdge;
  }

  /** One request for an app, as a visitor makes it. */
  visit(app) {
    return new Visits({ edges: [this.dev.edge], ca: this.ca }).visit(app, this.dev.edge);
  }

  #gate(target) {
    const gate = new Gate(target);
    this.#closers.push(() => gate.close());
    return gate;
  }

  /** Whole again: every process ready, every journal carried and read. */
  async healed() {
    await this.parts.allReady();
    await this.store.caughtUp();
  }

  /** @returns {string} where the logs are once everything else is gone */
  keepLogs() {
    const place = mkdtempSync(path.join(tmpdir(), 'bulkhead-chaos-logs-'));
    cpSync(this.instance.layout.logs, place, { recursive: true });
    return place;
  }

  async stop() {
    for (const close of this.#closers.splice(0).reverse()) await close();
  }
}

async function environment(root, data) {
  const ports = ['API', 'EDGE_HTTP', 'EDGE_HTTPS'];
  return {
    BULKHEAD_DATA: path.join(data, 'data'),
    BULKHEAD_CACHE: path.join(root, 'node_modules/.cache/bulkhead'),
    BULKHEAD_HOST_LOST_AFTER: String(HOST_LOST_AFTER),
    ...Object.fromEntries(
      await Promise.all(ports.map(async (name) => [`BULKHEAD_${name}_PORT`, String(await freePort())])),
    ),
  };
}

async function guestImage(root, { layout, tools }) {
  const directory = path.join(layout.images, 'chaos');
  await run(tools.node, ['scripts/images/build-oci.mjs', 'test/chaos/guest', directory], {
    cwd: root,
    what: "Building the test's image",
  });
  return `oci:${directory}:latest`;
}
