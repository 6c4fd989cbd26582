import { hostAggregate, machineAggregate } from '@bulkhead/domain';
import { newAppId, newHostId, newInstanceId, newMachineId } from '@bulkhead/contracts';
import { generateSealKeyPair } from '@bulkhead/pki';
import { ORGANIZATION } from '@bulkhead/testing/account';

const CONFIG = {
  image: 'registry.example.org/shop:1',
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  services: [{ protocol: 'tcp', internal_port: 8080, ports: [{ port: 443, handlers: ['tls', 'http'] }] }],
};
const GENERATION = { epoch: 1, count: 1 };

/** Machines on one host that are created, started and stopped for ever, each step one command of the scheduler's journal. */
export class MachineLives {
  #journal;
  #command;
  #host = newHostId();
  #lives = [];

  /** @param {() => object} command a fresh one */
  constructor(journal, command) {
    this.#journal = journal;
    this.#command = command;
  }

  /** The host joins, and so many machines are created and placed on it, a few to an app. */
  async begin(count) {
    await this.#execute(hostAggregate, this.#host, [
      {
        type: 'join',
        host: this.#host,
        name: 'worker',
        region: 'local',
        labels: {},
        capacity: { cpus: 1e6, memoryMb: 1e9, diskMb: 1e9 },
        forward: { host: '192.0.2.1', port: 7443 },
        number: 1,
        sealingKey: Buffer.from(generateSealKeyPair().publicKey).toString('base64'),
      },
    ]);
    const apps = Array.from({ length: Math.ceil(count / 4) }, newAppId);
    this.#lives = Array.from({ length: count }, (_, n) => this.#newLife(n, apps[n % apps.length]));
    for (let from = 0; from < count; from += 64)
      await Promise.all(this.#lives.slice(from, from + 64).map((life) => this.#step(life)));
  }

  get machines() {
    return this.#lives.map(({ machine }) => machine);
  }

  /** The next step in the life of the `n`th machine. @returns its id, and whether it runs after it */
  async live(n) {
    const life = this.#lives[n % this.#lives.length];
    const started = await this.#step(life);
    return { machine: life.machine, started };
  }

  #newLife(n, app) {
    return { n, app, machine: newMachineId(), instance: newInstanceId(), steps: 0, wish: 1 };
  }

  async #step(life) {
    const commands = this.#commandsOf(life);
    life.steps++;
    await this.#execute(machineAggregate, life.machine, commands);
    return life.steps % 4 === 2;
  }

  #commandsOf(life) {
    const { steps } = life;
    if (steps === 0) return [this.#creation(life), this.#placement(life)];
    const request = steps % 4 === 2 ? { type: 'stop' } : { type: 'start' };
    if (steps % 2 === 0) return [(life.wish++, request)];
    const seen = { generation: GENERATION, instance: life.instance, wish: life.wish };
    const observation =
      steps % 4 === 1
        ? { kind: 'started', ...seen, reach: { kind: 'direct' }, imageDigest: `sha256:${'0'.repeat(64)}` }
        : { kind: 'stopped', ...seen };
    return [{ type: 'observe', host: this.#host, seen: observation }];
  }

  #creation({ n, app, machine, instance }) {
    const names = { app, appName: `shop-${app.slice(-8)}`, name: `machine-${n}` };
    const wishes = { region: 'local', instance, config: CONFIG, launch: true, cordoned: false };
    return { type: 'create', machine, organization: ORGANIZATION, ...names, ...wishes };
  }

  #placement({ n }) {
    const address = { $plain: `fdaa:0:7:a:1:${(n >> 16).toString(16)}:${(n & 0xffff).toString(16)}:2` };
    const where = { host: this.#host, region: 'local', generation: GENERATION, networkId: 7, address };
    return { type: 'place', ...where, reason: 'created' };
  }

  #execute(decider, id, commands) {
    return this.#journal.execute(this.#command(), async (decision) => {
      const loaded = await decision.load(decider, id);
      const events = [];
      let { state } = loaded;
      for (const command of commands) {
        const next = decider.decide(command, state);
        events.push(...next);
        state = next.reduce(decider.evolve, state);
      }
      if (events.length === 0) throw new Error(`nothing came of ${JSON.stringify(commands)}`);
      decision.append(loaded, events);
    });
  }
}
