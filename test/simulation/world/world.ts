import { createHash } from 'node:crypto';
import type { AppId, HostId, OrganizationId, TokenId } from '@bulkhead/domain';
import { CommandBus } from '@bulkhead/journal';
import { generateSealKeyPair, type SealKeyPair } from '@bulkhead/pki';
import { Kernel } from '../kernel/kernel.js';
import type { SimProcess } from '../kernel/process.js';
import type { HostWatcher } from '../memory/runtime.js';
import { beginJournal } from '../memory/journal-stores.js';
import { ControlCopy } from './control-copy.js';
import { SimEdge } from './edge.js';
import { Neighbours } from './neighbours.js';
import { Site } from './site.js';
import { WorkerHost } from './worker-host.js';

export const WORKERS = 5;
export const COPIES = 3;
const EDGES = 2;
const SETUP_MS = 3_000;

/** The platform as it is simulated: shipped control plane and workers around servers in memory. */
export class World {
  readonly kernel: Kernel;
  readonly site: Site;
  readonly copies: readonly ControlCopy[];
  readonly hosts: readonly WorkerHost[];
  readonly edges: readonly SimEdge[];
  readonly organization: OrganizationId;
  /** Of two users, who see the same machines and hold leases against one another. */
  readonly tokens: readonly [string, string];
  readonly apps: readonly AppId[];
  readonly api: SimProcess;
  readonly commands: CommandBus;
  readonly neighbours: Neighbours;

  constructor(seed: number, recorded: boolean, watcher: HostWatcher) {
    this.kernel = new Kernel(seed, recorded);
    const { kernel } = this;
    const id = () => kernel.random.id();
    this.site = new Site(kernel);
    this.organization = `org_${id()}` as OrganizationId;
    this.tokens = [tokenOf(id()), tokenOf(id())];
    this.apps = [`app_${id()}` as AppId, `app_${id()}` as AppId];
    beginJournal(this.site.database.schema('scheduler'), 'scheduler', id());
    this.api = this.site.process('api');
    this.commands = new CommandBus(this.site.broker.connect(this.api), 'api', this.api.clock);
    this.neighbours = new Neighbours(this.site, this.api);
    this.copies = named('control', COPIES).map((name) => new ControlCopy(this.site, name));
    this.hosts = named('worker', WORKERS).map(
      (name, nth) => new WorkerHost(this.site, name, `host_${id()}` as HostId, keysOf(nth), watcher),
    );
    this.edges = named('edge', EDGES).map((name) => new SimEdge(this.site, name, `host_${id()}`));
  }

  /** Everything runs, and everybody knows everybody. */
  async start(): Promise<void> {
    const { kernel, neighbours } = this;
    const written = Promise.all([
      ...this.apps.map((app, nth) => neighbours.app(app, this.organization, nth + 1)),
      ...this.tokens.map((token) =>
        neighbours.token(`tok_${kernel.random.id()}` as TokenId, token, this.organization),
      ),
      ...this.hosts.map(({ id }, nth) =>
        neighbours.enrol('worker', id, Buffer.from(keysOf(nth).publicKey).toString('base64')),
      ),
      ...this.edges.map(({ id }) => neighbours.enrol('edge', id, null)),
    ]);
    for (const copy of this.copies) copy.start();
    await kernel.until(written);
    for (const host of this.hosts) host.start();
    await kernel.runUntil(kernel.now + SETUP_MS);
    neighbours.settle();
  }

  dispose(): void {
    for (const host of this.hosts) host.dispose();
  }
}

const named = (what: string, count: number): string[] =>
  Array.from({ length: count }, (_, nth) => `${what}-${nth + 1}`);

const tokenOf = (id: string): string => `bhk_${createHash('sha256').update(id).digest('base64url')}`;

/** Keys cost more to make than to use; they differ by host, not by seed. */
const keys: SealKeyPair[] = [];
function keysOf(nth: number): SealKeyPair {
  return (keys[nth] ??= generateSealKeyPair());
}
