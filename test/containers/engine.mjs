import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configuredSources, mirrorOf } from '../../scripts/lib/debian-sources.mjs';
import { unpackDebianPackage } from '../../scripts/lib/private-apt.mjs';
import { waitUntil } from '../../scripts/lib/processes.mjs';
import { run, succeeds } from '../../scripts/lib/run.mjs';
import { findProgram, installHostPackages } from '../../scripts/setup/host-packages.mjs';

const PACKAGES = [
  {
    name: 'docker.io',
    use: 'the container engine of the slow tests',
    isThere: () => findProgram('dockerd') !== null,
  },
  {
    name: 'debootstrap',
    use: 'the base image of the slow tests',
    isThere: () => findProgram('debootstrap') !== null,
  },
  { name: 'iptables', use: "the containers' network", isThere: () => findProgram('iptables') !== null },
];

/** Compose and buildx as Docker finds them; Debian 13's run on Debian 12. */
const PLUGINS = ['docker-compose', 'docker-buildx'];

/**
 * A Docker engine of a test's own: its data, socket and containers vanish with it, and an engine of the host's is not touched.
 * Needs root.
 */
export class Engine {
  #directory;
  #daemon;

  /** @param {string} cache where plugins and base images are kept between runs */
  static async start(cache) {
    await installHostPackages(() => {}, { packages: PACKAGES });
    const engine = new Engine(mkdtempSync(path.join(tmpdir(), 'bulkhead-docker-')));
    await engine.#providePlugins(path.join(cache, 'docker-plugins'));
    await engine.#startDaemon();
    return engine;
  }

  constructor(directory) {
    this.#directory = directory;
  }

  get environment() {
    return {
      PATH: process.env.PATH,
      HOME: this.#directory,
      DOCKER_HOST: `unix://${this.#directory}/docker.sock`,
      DOCKER_CONFIG: path.join(this.#directory, 'config'),
      DOCKER_BUILDKIT: '1',
    };
  }

  /** Runs `docker` with these arguments and returns what it printed. */
  docker(args, options = {}) {
    const { environment = {}, ...rest } = options;
    return run(findProgram('docker'), args, {
      env: { ...this.environment, ...environment },
      what: `docker ${args.slice(0, 2).join(' ')}`,
      ...rest,
    });
  }

  hasImage(name) {
    return succeeds(findProgram('docker'), ['image', 'inspect', name], { env: this.environment });
  }

  async stop() {
    const containers = (await this.docker(['ps', '-aq'])).split('\n').filter(Boolean);
    if (containers.length > 0) await this.docker(['rm', '-f', '-v', ...containers]);
    this.#daemon.kill('SIGTERM');
    await new Promise((resolve) => this.#daemon.once('exit', resolve));
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #startDaemon() {
    const log = openSync(path.join(this.#directory, 'dockerd.log'), 'a');
    this.#daemon = spawn(
      findProgram('dockerd'),
      [
        `--data-root=${this.#directory}/data`,
        `--exec-root=${this.#directory}/exec`,
        `--pidfile=${this.#directory}/docker.pid`,
        `--host=unix://${this.#directory}/docker.sock`,
      ],
      { stdio: ['ignore', log, log] },
    );
    const ready = () => succeeds(findProgram('docker'), ['version'], { env: this.environment });
    if (!(await waitUntil(ready, 60_000, 250)))
      throw new Error(`dockerd does not start, see ${this.#directory}/dockerd.log`);
  }

  async #providePlugins(kept) {
    const uri = mirrorOf(configuredSources(), 'bookworm') ?? mirrorOf(configuredSources(), 'trixie');
    const source = { uri, suite: 'trixie', keyring: '/usr/share/keyrings/debian-archive-keyring.gpg' };
    const target = path.join(this.#directory, 'config/cli-plugins');
    mkdirSync(target, { recursive: true });
    for (const name of PLUGINS) {
      const into = path.join(kept, name);
      const plugin = path.join(into, 'usr/libexec/docker/cli-plugins', name);
      if (!succeeds('test', ['-x', plugin]))
        await unpackDebianPackage({ name, source, work: path.join(kept, 'apt'), into });
      await run('cp', [plugin, target]);
    }
  }
}
