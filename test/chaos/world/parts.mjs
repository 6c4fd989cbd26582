import { isAlive, signalGroup } from '../../../scripts/lib/processes.mjs';
import { hostdChild } from '../../../scripts/start/hostd.mjs';
import { busChild, edgeChild, joiningChildren, vaultChild } from '../../../scripts/start/services.mjs';
import { eventually } from '../wait.mjs';

/** The processes of an instance, by name. */
export class Parts {
  #ready = new Map();
  #instance;

  constructor(instance) {
    this.#instance = instance;
    const children = [
      instance.postgres.child,
      vaultChild(instance),
      busChild(instance),
      ...joiningChildren(instance),
    ];
    const helper = instance.hasHelper ? [hostdChild(instance)] : [];
    for (const child of [...children, ...helper, edgeChild(instance)]) this.add(child);
  }

  /** @param {import('../../../scripts/lib/supervisor.mjs').Child} child one that was started beside the instance's own */
  add({ name, ready }) {
    this.#ready.set(name, ready);
  }

  get names() {
    return [...this.#ready.keys()];
  }

  /** @returns {import('../../../scripts/lib/processes.mjs').ProcessIdentity} */
  identity(name) {
    return this.#instance.supervisor.identityOf(name);
  }

  signal(name, signal) {
    signalGroup(this.identity(name).pid, signal);
  }

  /** Ends a part as a fault does, and waits until the supervisor has brought another in its place. */
  async kill(name, signal = 'SIGKILL') {
    const old = this.identity(name);
    signalGroup(old.pid, signal);
    await eventually(`${name} ended`, () => !isAlive(old), 30_000, 20);
    await eventually(`${name} is started again`, () => isAlive(this.identity(name)), 60_000, 50);
    await this.ready(name);
  }

  ready(name, withinMs = 60_000) {
    return eventually(`${name} is ready`, this.#ready.get(name), withinMs);
  }

  async allReady() {
    for (const name of this.#ready.keys()) await this.ready(name);
  }
}
