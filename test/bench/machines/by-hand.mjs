import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream, mkdtempSync, openSync, closeSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { ControlChannel } from '../../../apps/worker/dist/guest/control-channel.js';
import { done } from '../../../apps/worker/dist/guest/protocol.js';
import { qemuArguments, SOCKETS } from '../../../apps/worker/dist/runtime/qemu/arguments.js';
import { guestNetwork } from '../../../apps/worker/dist/runtime/qemu/guest-network.js';
import { hostTscKhz } from '../../../apps/worker/dist/runtime/qemu/host-clock.js';
import { Qmp } from '../../../apps/worker/dist/runtime/qemu/qmp.js';
import { freePort } from '../../../scripts/test/instance.mjs';

const GUEST_PORT = 8080;
const LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 5;
const MAC = '02:00:00:00:00:01';
const ADDRESS = 'fdaa:0:1:a7b:1:1:1:2';
const listener = { log: async () => undefined, exited: async () => undefined };

/** What a machine is started from; the same as the platform's. */
export class HandStarter {
  /**
   * @param {{ boot: { kernel: string, initrd: string }, image: { path: string, config: object }, accel: 'kvm' | 'tcg', guest: object,
   *   share: import('./share.mjs').CpuShare }} means
   */
  constructor(means) {
    Object.assign(this, means);
  }

  /** From nothing to the first answer of the app. */
  async start() {
    const vm = await HandStartedVm.spawn(this);
    await vm.run();
    await vm.configure(this.image.config);
    await vm.answers();
    return vm;
  }

  /** From a file with its memory to the first answer. */
  async resume(memory) {
    const vm = await HandStartedVm.spawn(this, true);
    await pipeline(createReadStream(memory), await vm.connect(SOCKETS.incoming)).catch(ignoreEarlyEnd);
    await vm.loaded();
    await vm.run();
    await vm.greet();
    await vm.answers();
    return vm;
  }
}

/** A guest under a bare QEMU: the platform's arguments, no jail, no tap, nobody who keeps account of it. */
class HandStartedVm {
  constructor(directory, process, port) {
    Object.assign(this, { directory, process, port });
  }

  static async spawn({ boot, image, accel, guest, share }, resume = false) {
    const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-hand-'));
    const port = await freePort();
    const network = { kind: 'user', mac: MAC, forwards: { [GUEST_PORT]: port } };
    const args = qemuArguments({
      ...boot,
      ...guest,
      accel,
      network,
      disk: true,
      resume,
      tscKhz: await hostTscKhz(),
    });
    const disk = openSync(image.path, 'r');
    const child = spawn('qemu-system-x86_64', args, {
      cwd: directory,
      env: {},
      stdio: ['ignore', 'ignore', 'inherit', disk],
    });
    closeSync(disk);
    share.add(child.pid);
    const vm = new HandStartedVm(directory, child, port);
    vm.monitor = new Qmp(await vm.connect(SOCKETS.monitor), () => undefined);
    await vm.monitor.negotiate(LIMIT_MS);
    return vm;
  }

  run() {
    return this.monitor.execute('cont', {}, z.unknown());
  }

  async greet() {
    this.control = new ControlChannel(await this.connect(SOCKETS.control), listener);
    await this.control.hello(LIMIT_MS);
  }

  async configure({ entrypoint, cmd, env, user, workdir }) {
    await this.greet();
    const configuration = {
      hostname: 'by-hand',
      argv: [...entrypoint, ...cmd],
      env: Object.fromEntries(env.map((line) => line.split(/=(.*)/s, 2))),
      user: user ?? '',
      workdir: workdir || '/',
      tty: false,
      files: [],
      hosts: [],
      resolvConf: '',
      network: guestNetwork('forward', ADDRESS, 'fe80::1'),
      clock: { unixMs: Date.now(), seed: Buffer.alloc(64, 1).toString('base64') },
    };
    await this.control.request('configure', configuration, done, { timeoutMs: LIMIT_MS });
  }

  async answers() {
    const until = Date.now() + LIMIT_MS;
    while (!(await this.#asked())) {
      if (Date.now() > until) throw new Error('The guest started by hand does not answer.');
      await sleep(LOOK_EVERY_MS);
    }
  }

  #asked() {
    return new Promise((resolve) => {
      get({ host: '127.0.0.1', port: this.port, agent: false }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode === 200));
      }).once('error', () => resolve(false));
    });
  }

  /** Writes its memory to a file, as it is, and ends it. */
  async suspend(file) {
    const server = createServer().listen(path.join(this.directory, 'outgoing.sock'));
    await once(server, 'listening');
    await this.monitor.execute('stop', {}, z.unknown());
    await this.monitor.execute('migrate-set-parameters', { 'max-bandwidth': 2 ** 40 }, z.unknown());
    const connected = once(server, 'connection');
    await this.monitor.execute('migrate', { uri: 'unix:outgoing.sock' }, z.unknown());
    const [socket] = await connected;
    await pipeline(socket, createWriteStream(file, { flush: true }));
    server.close();
    await this.end();
  }

  async loaded() {
    const answer = z.object({ status: z.string() });
    const isIn = async () => (await this.monitor.execute('query-status', {}, answer)).status !== 'inmigrate';
    while (!(await isIn())) await sleep(LOOK_EVERY_MS);
  }

  async end() {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  async connect(name) {
    const until = Date.now() + LIMIT_MS;
    for (;;) {
      const socket = connect(path.join(this.directory, name));
      try {
        await once(socket, 'connect');
        return socket;
      } catch (error) {
        if (Date.now() > until || this.process.exitCode !== null) throw error;
        await sleep(LOOK_EVERY_MS);
      }
    }
  }
}

/** QEMU closes once it has the end mark; whether it took everything is its status' to say. */
function ignoreEarlyEnd(error) {
  if (!['ERR_STREAM_PREMATURE_CLOSE', 'EPIPE', 'ECONNRESET'].includes(error.code)) throw error;
}
