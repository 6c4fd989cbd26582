import { DatabaseSync } from 'node:sqlite';
import type { HostId } from '@bulkhead/domain';
import { CommandBus } from '@bulkhead/journal';
import type { SealKeyPair } from '@bulkhead/pki';
import { ControlLoop } from '../../../apps/worker/src/control-loop.js';
import type { LocalImage } from '../../../apps/worker/src/images/index.js';
import { WorkerStore } from '../../../apps/worker/src/store/worker-store.js';
import type { SimProcess } from '../kernel/process.js';
import { SimHost, type HostWatcher } from '../memory/runtime.js';
import { loggerOf, type Site } from './site.js';

export const CAPACITY = { cpus: 4, memoryMb: 1_536, diskMb: 20_000 } as const;

let opened = 0;

/** A host with its machines, its disk, and its worker in whichever life it is. */
export class WorkerHost {
  readonly host: SimHost;
  process: SimProcess | null = null;
  loop: ControlLoop | null = null;
  private store: WorkerStore | null = null;
  /** SQLite's memory databases live as long as somebody has them open: this is the disk. */
  private readonly uri = `file:simulated-${process.pid}-${++opened}?mode=memory&cache=shared`;
  private readonly disk = new DatabaseSync(this.uri);

  constructor(
    private readonly site: Site,
    readonly name: string,
    readonly id: HostId,
    private readonly keys: SealKeyPair,
    watcher: HostWatcher,
  ) {
    this.host = new SimHost(name, site.kernel, watcher, (machine) => {
      const local = this.store?.machines().find((kept) => kept.machine === machine);
      if (!local) throw new Error(`${name} boots ${machine}, of which it has nothing on disk`);
      return local.generation;
    });
  }

  get outbox(): number {
    return this.store?.waiting ?? 0;
  }

  start(): void {
    const { site } = this;
    const process = site.process(this.name);
    this.process = process;
    const bus = site.broker.connect(process);
    const store = new WorkerStore(this.uri);
    this.store = store;
    const starting = ControlLoop.start({
      host: this.id,
      keys: this.keys,
      store,
      runtime: (observer) => Promise.resolve(this.host.open(process, observer)),
      images: { ensure: () => process.clock.sleep(20).then(() => IMAGE), unpin: () => undefined },
      credentials: () => Promise.resolve(undefined),
      logs: { ship: () => Promise.resolve(), notice: () => undefined, forget: () => undefined },
      bus,
      commands: new CommandBus(bus, this.id, process.clock),
      clock: process.clock,
      random: process.random,
      logger: loggerOf(process),
    });
    void starting.then((loop) => {
      this.loop = loop;
      loop.beat(() => Promise.resolve(this.heartbeat()));
    });
  }

  kill(): void {
    if (this.process) this.site.kill(this.process);
    this.store?.close();
    this.store = null;
    this.loop = null;
    this.process = null;
  }

  /** Ends what SQLite keeps for it. */
  dispose(): void {
    this.kill();
    this.disk.close();
  }

  private heartbeat() {
    return {
      capacity: CAPACITY,
      labels: {},
      region: 'local',
      name: this.name,
      version: '1',
      abilities: {},
      sealingKey: Buffer.from(this.keys.publicKey).toString('base64'),
      forward: null,
    };
  }
}

const IMAGE = {
  digest: `sha256:${'0'.repeat(64)}`,
  path: '/images/rootfs.erofs',
  bytes: 1,
  config: { env: [], entrypoint: ['/app'], cmd: [], workdir: '/' },
} as unknown as LocalImage;
