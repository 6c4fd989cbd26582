import { randomBytes } from 'node:crypto';
import { open, readdir, readFile, readlink, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:http';
import { constants } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bootSpec } from '../testing/fixtures.js';
import { JailedHost } from '../testing/jailed-runtime.js';
import type { BootSpec, Vm } from '../runtime.js';
import { z } from 'zod';
import { SOCKETS } from './arguments.js';
import { Qmp } from './qmp.js';
import { connectTo } from './sockets.js';

const { SIGKILL, SIGTERM, SIGUSR1 } = constants.signals;
const STOP = { signal: SIGTERM, timeoutMs: 10_000 };

let host: JailedHost;
let spec: BootSpec;
/** A web server that most tests share; it goes through a worker's restart and a suspension. */
let web: Vm;

beforeAll(async () => {
  host = await JailedHost.start();
  spec = bootSpec(host.image, ['serve'], {
    guest: {
      hostname: 'web-1',
      user: 'app',
      workdir: '/home/app/work',
      env: { GREETING: 'hello', PATH: '/' },
      files: [{ path: '/etc/app/secret', mode: 0o444, data: Buffer.from([0, 255, 10]) }],
      hosts: [{ address: '::1', names: ['localhost', 'fly-local-6pn'] }],
      resolvConf: 'nameserver fdaa::3\n',
    },
  });
  web = await host.runtime.boot(spec);
  await host.observer.until(() => host.observer.texts(web.machine).includes('listening'));
}, 180_000);

afterAll(() => host.destroy(), 30_000);

const get = async (vm: Vm, path: string) => {
  if (vm.reach.kind !== 'direct') throw new Error('a jailed VM is reached at its address');
  const answer = await fetch(`http://[${vm.reach.address}]:8080${path}`);
  return answer.text();
};

describe('a running machine', () => {
  it('answers at its own address', async () => {
    expect(web.reach).toEqual({ kind: 'direct', address: spec.address });
    expect(await get(web, '/')).toMatch(/^hello from web-1/);
  });

  it('runs as its image and configuration say', async () => {
    const env = (await web.exec({ argv: ['app', 'env'], timeoutMs: 10_000 })).stdout.toString();
    expect(env).toContain('GREETING=hello');
    expect(env).toMatch(/^HOME=\/home\/app\b/m);
    expect(env).toContain('uid=1000 gid=1001 dir=/home/app/work host=web-1');
    const read = async (path: string) =>
      (await web.exec({ argv: ['/app', 'file', path], timeoutMs: 10_000 })).stdout;
    expect(await read('/etc/app/secret')).toEqual(Buffer.from([0, 255, 10]));
    expect((await read('/etc/hosts')).toString()).toBe('::1\tlocalhost fly-local-6pn\n');
    expect((await read('/etc/resolv.conf')).toString()).toBe('nameserver fdaa::3\n');
  });

  it('gets a fresh clock, and tells what it runs', async () => {
    const processes = await web.ps();
    expect(processes[0]).toMatchObject({
      command: '/app serve',
      directory: '/home/app/work',
      listen_sockets: [{ proto: 'tcp', address: '[::]:8080' }],
    });
    const [line] = host.observer.lines;
    expect(Math.abs(Number(line?.at) - Date.now())).toBeLessThan(150_000);
  });

  it('takes signals', async () => {
    await web.signal(SIGUSR1);
    await host.observer.until(() =>
      host.observer.texts(web.machine).includes('received user defined signal 1'),
    );
    await expect(web.signal(65)).rejects.toMatchObject({ code: 'guest_bad_arguments' });
  });
});

describe('exec', () => {
  it('passes input, output and the status', async () => {
    const input = Buffer.from([0, 1, 2, 255]);
    const cat = await web.exec({ argv: ['/app', 'cat'], stdin: input, timeoutMs: 10_000 });
    expect(cat).toMatchObject({
      exitCode: 0,
      signal: null,
      stdout: input,
      timedOut: false,
      truncated: false,
    });
    expect((await web.exec({ argv: ['/app', 'exit', '9'], timeoutMs: 10_000 })).exitCode).toBe(9);
  });

  it('ends what takes too long and cuts what is too much', async () => {
    const slow = await web.exec({ argv: ['/app', 'sleep'], timeoutMs: 200 });
    expect(slow).toMatchObject({ timedOut: true, signal: SIGKILL });
    const much = await web.exec({
      argv: ['/app', 'zeros', '3000000'],
      maxOutput: 100_000,
      timeoutMs: 10_000,
    });
    expect(much).toMatchObject({ exitCode: 0, truncated: true });
    expect(much.stdout).toHaveLength(100_000);
  });

  it('refuses what is not there', async () => {
    const missing = web.exec({ argv: ['/no/such'], timeoutMs: 1_000 });
    await expect(missing).rejects.toMatchObject({ code: 'guest_command_not_found' });
  });
});

/** Process ids of everything in the machine's cgroup that is QEMU. */
async function vmmPids(machine: string): Promise<string[]> {
  const pids: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    const comm = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    if (cgroup.includes(machine) && comm.startsWith('qemu-system')) pids.push(pid);
  }
  return pids;
}

describe('the jail', () => {
  it('holds an unprivileged process with a seccomp filter, in namespaces of its own', async () => {
    const [pid] = await vmmPids(web.machine);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const uid = hostdUser();
    expect(status).toMatch(new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
    expect(status).toMatch(/^Groups:\s*$/m);
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(status).toMatch(new RegExp(`^${set}:\\t0{16}$`, 'm'));
    }
    expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    expect(status).toMatch(/^Seccomp:\t2$/m);
    for (const namespace of ['mnt', 'pid', 'ipc', 'uts', 'net']) {
      expect(await readlink(`/proc/${pid}/ns/${namespace}`)).not.toBe(
        await readlink(`/proc/self/ns/${namespace}`),
      );
    }
    expect(await readFile(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max core file size\s+0\s+0/);
  });

  it('shows nothing of the host but the programs and this machine’s files, read-only', async () => {
    const [pid] = await vmmPids(web.machine);
    const root = `/proc/${pid}/root`;
    expect((await readdir(root)).sort()).toEqual(['boot', 'dev', 'etc', 'lib', 'lib64', 'run', 'usr']);
    expect(await readdir(`${root}/etc`)).toEqual(['ld.so.cache']);
    expect((await readdir(`${root}/dev`)).sort()).toEqual(['net', 'null', 'urandom']);
    const mounts = await readFile(`/proc/${pid}/mounts`, 'utf8');
    const writable = mounts.split('\n').filter((line) => / rw[, ]/.test(line));
    expect(writable.map((line) => line.split(' ')[1]).sort()).toEqual([
      '/dev/net/tun',
      '/dev/null',
      '/dev/urandom',
      '/run/vm',
    ]);
    const network = await readFile(`/proc/${pid}/net/dev`, 'utf8');
    expect(network.split('\n').slice(2).filter(Boolean)).toHaveLength(1); // lo, which is down
  });

  it('limits memory and processes', async () => {
    const [pid] = await vmmPids(web.machine);
    const cgroup = await readFile(`/proc/${pid}/cgroup`, 'utf8');
    expect(cgroup).toMatch(new RegExp(`bulkhead-${host.hostd.tag}/${web.machine}$`, 'm'));
    const limits = await readLimits(web.machine);
    expect(limits).toEqual({ memory: (128 + 192 + 16) * 1024 * 1024, pids: 97 });
  });
});

const hostdUser = () => host.hostd.config.users.first;

async function readLimits(machine: string): Promise<{ memory: number; pids: number }> {
  const read = async (...paths: string[]) => {
    for (const path of paths) {
      const text = await readFile(`/sys/fs/cgroup/${path}`, 'utf8').catch(() => undefined);
      if (text !== undefined) return Number(text);
    }
    return NaN;
  };
  const below = `bulkhead-${host.hostd.tag}/${machine}`;
  return {
    memory: await read(`memory/${below}/memory.limit_in_bytes`, `${below}/memory.max`),
    pids: await read(`pids/${below}/pids.max`, `${below}/pids.max`),
  };
}

describe('the network', () => {
  it('lets the host in and the guest nowhere', async () => {
    const server = createServer((_, answer) => answer.end('host')).listen(0, '::');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const other = await host.runtime.boot(bootSpec(host.image, ['serve']));
    try {
      await host.observer.until(() => host.observer.texts(other.machine).includes('listening'));
      expect(await get(other, '/')).toMatch(/^hello/);
      const hostEnd = spec.address.replace(/2$/, '1');
      const otherAddress = other.reach.kind === 'direct' ? other.reach.address : '';
      const targets = [
        `[${hostEnd}]:${address.port}`,
        `[fe80::1%25eth0]:${address.port}`,
        `[${otherAddress}]:8080`,
      ];
      for (const target of targets) {
        expect(await get(web, `/reach?url=${encodeURIComponent(`http://${target}/`)}`)).toMatch(/^refused/);
      }
    } finally {
      server.close();
      await other.kill();
    }
  }, 150_000);
});

describe('what survives', () => {
  it('a restart of worker and hostd: VMs run on and are found again', async () => {
    const before = await get(web, '/');
    await host.restartWorker();
    await host.hostd.restart();
    const stray = `bh${host.hostd.tag}-7`;
    expect((await readdir('/sys/class/net')).includes(stray)).toBe(false);
    const found = await host.runtime.attach();
    expect(found.map(({ machine }) => machine)).toEqual([web.machine]);
    web = found[0] ?? web;
    expect(await get(web, '/')).toBe(before);
    await get(web, '/log?line=after-restart');
    await host.observer.until(() => host.observer.texts(web.machine).includes('after-restart'));
  }, 150_000);

  it('a suspension: memory goes on where it stopped, with the right time', async () => {
    const before = await get(web, '/');
    await web.suspend();
    await web.ended;
    expect(await vmmPids(web.machine)).toEqual([]);
    expect(host.observer.exits.has(web.machine)).toBe(false);
    await expect(web.ps()).rejects.toMatchObject({ code: 'vm_gone' });
    expect(await host.runtime.suspended()).toEqual([web.machine]);
    await expect(host.runtime.resume({ ...spec, memoryMb: 256 })).rejects.toMatchObject({
      code: 'snapshot_unusable',
    });

    web = await host.runtime.resume(spec);
    expect(await get(web, '/')).toBe(before);
    expect(await host.runtime.suspended()).toEqual([]);
    await get(web, '/log?line=after-resume');
    await host.observer.until(() => host.observer.texts(web.machine).includes('after-resume'));
    const line = host.observer.lines.find(({ text }) => text === 'after-resume');
    expect(Math.abs(Number(line?.at) - Date.now())).toBeLessThan(2_000);
  }, 150_000);

  it('a suspension that a worker did not live to finish', async () => {
    const before = await get(web, '/');
    await host.runtime.close();
    await pause(web);
    await host.restartWorker();
    const [found] = await host.runtime.attach();
    expect(found?.machine).toBe(web.machine);
    web = found ?? web;
    expect(await get(web, '/')).toBe(before);
  }, 150_000);

  it('the death of the worker between an exit and its acknowledgement', async () => {
    const vm = await host.runtime.boot(bootSpec(host.image, ['exit', '3']));
    const first = host.observer;
    first.hold = new Promise(() => undefined); // a worker that dies while it stores the lines
    await first.until(() => first.texts(vm.machine).includes('leaving with 3'));
    await host.restartWorker();
    const found = await host.runtime.attach();
    web = found.find(({ machine }) => machine === web.machine) ?? web;
    expect(found.map(({ machine }) => machine)).toContain(vm.machine);
    expect(await host.observer.exitOf(vm.machine)).toMatchObject({
      cause: 'app',
      exitCode: 3,
      requested: false,
    });
    expect(host.observer.texts(vm.machine)).toEqual(['leaving with 3']);
    expect(first.exits.has(vm.machine)).toBe(false);
  }, 150_000);
});

/** What QEMU does first when its memory is to be saved. */
async function pause({ machine }: Vm): Promise<void> {
  const directory = `${host.hostd.config.directory}/jails/${machine}/run`;
  const monitor = new Qmp(await connectTo(directory, SOCKETS.monitor, 1_000), () => undefined);
  await monitor.negotiate(1_000);
  await monitor.execute('stop', {}, z.unknown());
  monitor.close();
}

describe("a suspended machine's memory", () => {
  const canary = randomBytes(24).toString('hex');
  let kept: BootSpec;
  let memory: string;
  const suspended = async () => {
    kept = bootSpec(host.image, ['serve'], { guest: { env: { CANARY: canary } } });
    memory = `${host.home}/machines/${kept.machine}/memory`;
    const vm = await host.runtime.boot(kept);
    await vm.suspend();
    await vm.ended;
  };

  it('is on the disk, and no plain byte of it', async () => {
    await suspended();
    expect((await stat(memory)).size).toBeGreaterThan(8 * 1024 * 1024);
    for (const directory of [host.home, host.hostd.config.directory])
      expect(await filesWith(directory, canary)).toEqual([]);
    const vm = await host.runtime.resume({ ...kept, guest: spec.guest });
    const { stdout, ...end } = await vm.exec({ argv: ['/app', 'env'], timeoutMs: 60_000 });
    await vm.kill();
    expect(end).toMatchObject({ exitCode: 0, timedOut: false });
    expect(stdout.toString()).toContain(canary);
  }, 150_000);

  const damages: [string, string, () => Promise<void>][] = [
    ['was altered', 'is not what was written', () => alter(memory)],
    ['was cut short', 'is not what was written', () => truncate(memory, 1_000_000)],
    ['lost its key', 'has lost its key', () => host.snapshotKeys.forget(kept.machine)],
  ];
  it.each(damages)(
    'is not continued where it %s',
    async (_, why, damage) => {
      await suspended();
      await damage();
      await expect(host.runtime.resume(kept)).rejects.toMatchObject({
        code: 'snapshot_unusable',
        message: expect.stringContaining(why),
      });
      expect(await vmmPids(kept.machine)).toEqual([]);
      await host.runtime.discardSnapshot(kept.machine);
    },
    150_000,
  );
});

async function filesWith(directory: string, text: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const found = await Promise.all(files.map(async (file) => (await readFile(file)).includes(text)));
  return files.filter((_, index) => found[index]);
}

async function alter(path: string): Promise<void> {
  const file = await open(path, 'r+');
  const at = Math.floor((await file.stat()).size / 2);
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, at);
  await file.write(Buffer.from([(buffer[0] ?? 0) ^ 1]), 0, 1, at);
  await file.close();
}

describe('the end of a machine', () => {
  it('is told with code, signal and whether it was asked for', async () => {
    await web.stop(STOP);
    expect(await host.observer.exitOf(web.machine)).toMatchObject({
      exitCode: 7,
      signal: null,
      requested: true,
    });
    await web.ended;
    expect(host.observer.texts(web.machine).at(-1)).toBe('received terminated');
  }, 150_000);

  it('comes by force after the stop’s time', async () => {
    const vm = await host.runtime.boot(bootSpec(host.image, ['stubborn']));
    await host.observer.until(() => host.observer.texts(vm.machine).length > 0);
    await vm.stop({ signal: SIGTERM, timeoutMs: 300 });
    expect(await host.observer.exitOf(vm.machine)).toMatchObject({
      ...{ exitCode: null, signal: SIGKILL, oomKilled: false, requested: true },
    });
    await vm.ended;
  }, 150_000);

  it('names the want of memory', async () => {
    const vm = await host.runtime.boot(bootSpec(host.image, ['eat-memory']));
    expect(await host.observer.exitOf(vm.machine)).toMatchObject({
      signal: SIGKILL,
      oomKilled: true,
      requested: false,
    });
    await vm.ended;
  }, 150_000);

  it('is an exit where the entry point is not there', async () => {
    const vm = await host.runtime.boot(bootSpec(host.image, [], { guest: { argv: ['no-such-program'] } }));
    expect(await host.observer.exitOf(vm.machine)).toMatchObject({ cause: 'start_failed', exitCode: 127 });
    await vm.ended;
  }, 150_000);

  it('comes at once by kill, whatever the guest does; a flood of lines waits for the worker', async () => {
    let release: () => void = () => undefined;
    host.observer.hold = new Promise((resolve) => (release = resolve));
    const vm = await host.runtime.boot(bootSpec(host.image, ['flood']));
    await host.observer.until(() => host.observer.texts(vm.machine).length > 0);
    const held = await vm.exec({ argv: ['/app', 'print', 'still here'], timeoutMs: 10_000 });
    expect(held.stdout.toString()).toBe('still here\n');
    expect(host.observer.texts(vm.machine).join('').length).toBeLessThan(64 * 1024);
    await vm.kill();
    release();
    expect(await host.observer.exitOf(vm.machine)).toMatchObject({ cause: 'killed', requested: true });
    await vm.ended;
  }, 150_000);

  it('leaves nothing on the host', async () => {
    expect(await host.launcher().list()).toEqual([]);
    expect(await host.hostd.networks().taps()).toEqual([]);
    expect(await (await host.hostd.cgroups()).list()).toEqual([]);
    expect(await readdir(`${host.hostd.config.directory}/jails`)).toEqual([]);
    expect(await readdir(`${host.home}/machines`)).toEqual([]);
  });
});

it('an image that is not one fails the boot and leaves nothing', async () => {
  const refused = host.runtime.boot({
    ...bootSpec(host.image, []),
    rootfs: `${host.home}/images/nothing.erofs`,
  });
  await expect(refused).rejects.toMatchObject({ code: 'hostd_bad_image' });
  expect(await host.launcher().list()).toEqual([]);
}, 150_000);
