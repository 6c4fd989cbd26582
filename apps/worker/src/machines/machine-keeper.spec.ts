import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError, TerminalError, type HostMachineRow } from '@bulkhead/contracts';
import type { AppId, InstanceId, MachineConfig, MachineId, OrganizationId } from '@bulkhead/domain';
import { systemClock } from '@bulkhead/journal';
import { formatSixPn } from '@bulkhead/network';
import type { LocalImage } from '../images/index.js';
import type { BootSpec, MachineRuntime, Vm, VmExit } from '../runtime/runtime.js';
import { WorkerStore } from '../store/worker-store.js';
import type { LocalMachine } from './local-machine.js';
import { MachineKeeper } from './machine-keeper.js';

const machine = '0123456789abcd' as MachineId;
const ADDRESS = formatSixPn({ network: 1, host: 1, slot: 1 });
const config: MachineConfig = {
  image: 'registry.test/app:1',
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: 256 },
  env: { $plain: { GREETING: 'hello' } },
  restart: { policy: 'on-failure', max_retries: 1 },
};
const row = (change: Partial<HostMachineRow> = {}): HostMachineRow => ({
  machine,
  machineName: 'm',
  app: 'app_01arz3ndektsv4rrffq69g5fav' as AppId,
  appName: 'shop',
  organization: 'org_01arz3ndektsv4rrffq69g5fav' as OrganizationId,
  region: 'local',
  generation: { epoch: 1, count: 1 },
  instance: '01ARZ3NDEKTSV4RRFFQ69G5FAV' as InstanceId,
  desired: 'started',
  wish: 1,
  stop: { force: false },
  networkId: 1,
  sealed: JSON.stringify({ config, address: ADDRESS }),
  ...change,
});
const image = {
  digest: 'sha256:00',
  path: '/images/00/rootfs.erofs',
  bytes: 1,
  config: { env: ['PATH=/bin', 'GREETING=image'], entrypoint: ['/app'], cmd: ['serve'], workdir: '/srv' },
} as unknown as LocalImage;

/** Guests without machines: boots are counted, ends are the test's to say. */
class Guests implements MachineRuntime {
  readonly abilities = {
    accel: 'tcg',
    suspend: true,
    network: 'direct',
    isolated: false,
    missing: [],
  } as const;
  readonly booted: BootSpec[] = [];
  readonly calls: string[] = [];
  failWith: Error[] = [];
  deaf = false;
  /** Takes its stop signal and goes on for as long as it is let. */
  dawdles = false;
  end: (exit: Partial<VmExit>) => void = () => undefined;
  onExit: (exit: VmExit) => void = () => undefined;
  #snapshot = false;

  async boot(spec: BootSpec): Promise<Vm> {
    const failure = this.failWith.shift();
    if (failure) throw failure;
    this.booted.push(spec);
    return this.#vm(spec);
  }
  async resume(spec: BootSpec): Promise<Vm> {
    if (!this.#snapshot) throw new TerminalError('no_snapshot', 'there is none');
    this.#snapshot = false;
    this.calls.push('resume');
    return this.#vm(spec);
  }
  suspended = async () => (this.#snapshot ? [machine] : []);
  discardSnapshot = async () => void (this.#snapshot = false);
  attach = async () => [];
  close = async () => undefined;

  #vm(spec: BootSpec): Vm {
    let over!: () => void;
    const ended = new Promise<void>((resolve) => (over = resolve));
    this.end = (exit) => {
      this.onExit({
        cause: 'app',
        exitCode: 0,
        signal: null,
        oomKilled: false,
        requested: false,
        exitedAt: new Date(),
        detail: '',
        ...exit,
      });
      over();
    };
    return {
      machine: spec.machine,
      instance: spec.instance,
      reach: { kind: 'direct', address: spec.address },
      startedAt: new Date(),
      ended,
      stop: async ({ signal, timeoutMs }) => {
        if (this.deaf) throw new RetryableError('guest_silent', 'no answer', 1);
        this.calls.push(`stop ${signal} ${timeoutMs}`);
        if (!this.dawdles) this.end({ requested: true });
      },
      kill: async () => {
        this.calls.push('kill');
        this.end({ cause: 'killed', requested: true, signal: 9, exitCode: null });
      },
      signal: async () => undefined,
      exec: () => Promise.reject(new Error('not asked for')),
      ps: async () => [],
      suspend: async () => {
        this.calls.push('suspend');
        this.#snapshot = true;
        over();
      },
    };
  }
}

describe('MachineKeeper', () => {
  let directory: string;
  let store: WorkerStore;
  let guests: Guests;
  let keeper: MachineKeeper;
  let told: string[];
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bulkhead-keeper-'));
    store = new WorkerStore(join(directory, 'worker.db'));
    guests = new Guests();
    told = [];
    keep(null);
  });
  /** A keeper, as one process after the other has it, over the same store and host. */
  const keep = (local: LocalMachine | null) => {
    keeper = new MachineKeeper(machine, local, {
      runtime: guests,
      images: { ensure: async () => image, unpin: () => undefined },
      credentials: async () => undefined,
      store,
      open: (opened) => JSON.parse(opened.sealed),
      clock: systemClock,
      changed: () => undefined,
      say: () => undefined,
      tell: (_, text) => told.push(text),
    });
    guests.onExit = (exit) => keeper.exited(exit);
  };
  afterEach(async () => {
    await keeper.close();
    store.close();
    rmSync(directory, { recursive: true });
  });

  const reports = () => store.unsent(100).map(({ fact }) => fact.kind);
  const until = async (condition: () => boolean) => {
    for (let tries = 0; tries < 400 && !condition(); tries += 1) await sleep(10);
    if (!condition()) throw new Error(`still ${JSON.stringify(keeper.local)} after ${reports().join(', ')}`);
  };
  const phase = (name: string) => until(() => keeper.local?.phase === name);

  it('boots with the environment of image, platform and app, the later winning', async () => {
    keeper.want(row());
    await phase('running');
    expect(guests.booted[0]).toMatchObject({
      address: ADDRESS,
      guest: {
        argv: ['/app', 'serve'],
        workdir: '/srv',
        env: { PATH: '/bin', GREETING: 'hello', FLY_APP_NAME: 'shop', FLY_MACHINE_ID: machine },
      },
    });
    expect(reports()).toEqual(['started']);
  });

  it('reports what came of a command with the trace of that command', async () => {
    const [first, second] = ['a'.repeat(32), 'b'.repeat(32)];
    keeper.want(row({ trace: first }));
    await phase('running');
    keeper.want(row({ trace: second, desired: 'stopped', wish: 2 }));
    await until(() => keeper.local?.wish === 2);
    const traces = store.unsent(10).map(({ fact }) => [fact.kind, 'trace' in fact && fact.trace]);
    expect(traces).toEqual([
      ['started', first],
      ['exited', first],
      ['stopped', first],
      ['stopped', second],
    ]);
  });

  it('stops with the signal and patience asked for, and says so under the new wish', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(
      row({ desired: 'stopped', wish: 2, stop: { signal: 'SIGTERM', timeoutMs: 1500, force: false } }),
    );
    await until(() => keeper.local?.wish === 2);
    expect(guests.calls).toEqual(['stop 15 1500']);
    expect(store.unsent(10).at(-1)?.fact).toMatchObject({ kind: 'stopped', wish: 2 });
  });

  it('starts an app that crashed again, then gives up and says so', async () => {
    keeper.want(row());
    await phase('running');
    guests.end({ exitCode: 3 });
    await phase('backing-off');
    expect(store.unsent(10).at(-1)?.fact).toMatchObject({
      kind: 'exited',
      exit: { exit_code: 3, restarting: true },
    });
    await phase('running');
    guests.end({ exitCode: 3 });
    await phase('stopped');
    expect(reports()).toEqual(['started', 'exited', 'started', 'exited', 'stopped']);
  });

  it('restarts on a newer wish without reporting a stop', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(row({ wish: 2 }));
    await until(() => guests.booted.length === 2 && keeper.local?.phase === 'running');
    expect(reports()).toEqual(['started', 'exited', 'started']);
  });

  it('suspends and resumes', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(row({ desired: 'suspended', wish: 2 }));
    await phase('suspended');
    keeper.want(row({ wish: 3 }));
    await phase('running');
    expect(guests.calls).toEqual(['suspend', 'resume']);
    expect(guests.booted).toHaveLength(1);
  });

  it('fails at once for what can never work, and tries again what may', async () => {
    guests.failWith = [
      new RetryableError('boot_timeout', 'slow', 1),
      new TerminalError('guest_refused', 'no such user'),
    ];
    keeper.want(row());
    await phase('failed');
    expect(store.unsent(10).map(({ fact }) => fact)).toMatchObject([
      { kind: 'failed', code: 'guest_refused' },
    ]);
  });

  it('destroys: stops, removes, and confirms once', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(row({ desired: 'destroyed', wish: 2, stop: { force: true } as HostMachineRow['stop'] }));
    await until(() => keeper.local === null);
    keeper.want(row({ desired: 'destroyed', wish: 2 }));
    keeper.want(null);
    await until(() => keeper.idle);
    expect(reports()).toEqual(['started', 'exited', 'stopped', 'destroyed']);
  });

  it('kills what another host runs now, and reports no destruction', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(null);
    await until(() => keeper.idle);
    expect(guests.calls).toEqual(['kill']);
    expect(reports()).not.toContain('destroyed');
  });

  it('kills what is given time to stop once another host runs it', async () => {
    guests.dawdles = true;
    keeper.want(row());
    await phase('running');
    keeper.want(row({ desired: 'stopped', wish: 2, stop: { timeoutMs: 300_000, force: false } }));
    await until(() => guests.calls.length > 0);
    keeper.want(null);
    await until(() => keeper.idle);
    expect(guests.calls).toEqual(['stop 2 300000', 'kill']);
  });

  it('starts again what a reboot of the host took away', async () => {
    keeper.want(row());
    await phase('running');
    await keeper.close();
    keep(store.machines()[0] ?? null);
    keeper.foundNothing();
    keeper.want(row());
    await until(() => guests.booted.length === 2);
    expect(reports()).toContain('exited');
  });

  it('ends a machine whose host goes down by its stop signal, and the next process starts it again', async () => {
    const wanted = row({
      sealed: JSON.stringify({
        config: { ...config, restart: { policy: 'no' }, stop_config: { signal: 'SIGTERM', timeout: '2s' } },
        address: ADDRESS,
      }),
    });
    keeper.want(wanted);
    await phase('running');
    await keeper.leave();
    expect(guests.calls).toEqual(['stop 15 2000']);
    expect(store.unsent(10).at(-1)?.fact).toMatchObject({
      kind: 'exited',
      exit: { requested_stop: true, restarting: true },
    });
    keeper.want({ ...wanted, wish: 2 });
    expect(guests.booted).toHaveLength(1);

    keep(store.machines()[0] ?? null);
    keeper.foundNothing();
    keeper.want(wanted);
    await phase('running');
    expect(reports()).toEqual(['started', 'exited', 'started']);
  });

  it('leaves a machine that should be stopped as it is when the host goes down', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(row({ desired: 'stopped', wish: 2 }));
    await keeper.leave();
    keep(store.machines()[0] ?? null);
    keeper.want(row({ desired: 'stopped', wish: 2 }));
    await until(() => keeper.local?.wish === 2);
    expect(guests.booted).toHaveLength(1);
    expect(keeper.local?.phase).toBe('stopped');
  });

  it('kills a guest that does not take its stop signal', async () => {
    keeper.want(row());
    await phase('running');
    guests.deaf = true;
    keeper.want(row({ desired: 'stopped', wish: 2 }));
    await until(() => keeper.local?.wish === 2);
    expect(guests.calls).toEqual(['kill']);
  });

  it('starts cold, and tells the app why, where its memory can not be continued', async () => {
    keeper.want(row());
    await phase('running');
    keeper.want(row({ desired: 'suspended', wish: 2 }));
    await phase('suspended');
    await guests.discardSnapshot();
    keeper.want(row({ wish: 3 }));
    await phase('running');
    expect(guests.booted).toHaveLength(2);
    expect(told).toEqual(['could not resume from memory, starting anew: there is none']);
  });
});
