import {
  hostAggregate,
  isLiving,
  machineAggregate,
  machineNameAggregate,
  machineNameId,
  nameOf,
  type AppId,
  type HostId,
  type LivingMachine,
  type MachineId,
  type MachineObservation,
  type MachineRequest,
  type MachineState,
  type OrganizationId,
} from '@bulkhead/domain';
import {
  newHostId,
  newInstanceId,
  newMachineId,
  TerminalError,
  type OrganizationScope,
} from '@bulkhead/contracts';
import { schedulerContracts } from '@bulkhead/contracts/events';
import * as commands from '@bulkhead/contracts/commands/scheduler';
import {
  commandHandler,
  openLeaves,
  pagesHandler,
  serveCommands,
  DataKeySealer,
  type CommandContext,
  type Decision,
  type Journal,
  type Sealer,
} from '@bulkhead/journal';
import { TestBackbone, type MemoryDataKeys, type TestDatabase, type TestNats } from '@bulkhead/testing';
import type { z } from 'zod';

const ADDRESS = 'fdaa:0:1:a7b:1::2';
const DIGEST = `sha256:${'0'.repeat(64)}`;
const HOLDER = { kind: 'service', id: 'scheduler' } as const;

interface Lease {
  readonly nonce: string;
  readonly owner: string;
  readonly description: string;
  readonly expiresAt: number;
}

/**
 * Stands in for the scheduler and one host: decides with the domain's own rules over a real journal, and lets every wish come true
 * at once. It clears nobody, so that what the api lets through is the api's alone.
 */
export class ScriptedScheduler {
  readonly host: HostId = newHostId();
  /** Credentials of the commands it got, by name. */
  readonly heard: { name: string; credential: string | undefined; input: unknown }[] = [];
  /** While set, hosts see nothing of what is wished. */
  frozen = false;
  private readonly leases = new Map<string, Lease>();
  private readonly sealer: Sealer;
  private readonly journal: Journal;
  private counted = 0;

  private constructor(
    readonly backbone: TestBackbone,
    keys: MemoryDataKeys,
    private readonly ownerOf: (app: AppId) => Promise<OrganizationId>,
  ) {
    this.sealer = new DataKeySealer(keys);
    this.journal = backbone.journal(backbone.relay());
  }

  static async start(options: {
    readonly database: TestDatabase;
    readonly nats: TestNats;
    readonly keys: MemoryDataKeys;
    readonly ownerOf: (app: AppId) => Promise<OrganizationId>;
  }): Promise<ScriptedScheduler> {
    const backbone = await TestBackbone.start({
      service: 'scheduler',
      contracts: schedulerContracts,
      ...options,
    });
    const scheduler = new ScriptedScheduler(backbone, options.keys, options.ownerOf);
    await scheduler.joinHost();
    scheduler.serve();
    return scheduler;
  }

  /** What a host would report of a machine, once the machine's newest wish is known. */
  async observe(machine: MachineId, see: (state: LivingMachine) => MachineObservation): Promise<void> {
    await this.journal.execute(this.own('platform'), async (decision) => {
      const loaded = await decision.load(machineAggregate, machine);
      if (!isLiving(loaded.state)) return null;
      const seen = { type: 'observe', host: this.host, seen: see(loaded.state) } as const;
      decision.append(loaded, machineAggregate.decide(seen, loaded.state), loaded.state.organization);
      return null;
    });
  }

  stop(): Promise<void> {
    return this.backbone.stop();
  }

  private own(organization: OrganizationScope) {
    const id = `scripted-${++this.counted}`;
    return { id, content: id, actor: HOLDER, organization, now: new Date() };
  }

  private async joinHost(): Promise<void> {
    await this.journal.execute(this.own('platform'), async (decision) => {
      const loaded = await decision.load(hostAggregate, this.host);
      const join = {
        type: 'join',
        host: this.host,
        name: 'worker-1',
        region: 'dev',
        labels: { zone: 'a' },
        capacity: { cpus: 8, memoryMb: 16_384, diskMb: 100_000 },
        forward: null,
        number: 1,
        sealingKey: 'A'.repeat(43) + '=',
      } as const;
      decision.append(loaded, hostAggregate.decide(join, loaded.state));
      return null;
    });
  }

  private serve(): void {
    const on = <Input>(
      input: z.ZodType<Input>,
      handle: (context: CommandContext<string>, input: Input) => Promise<unknown>,
    ) =>
      commandHandler<'any', string, Input>({
        callers: ['api'],
        access: 'any',
        input,
        handle: async (context, asked) => {
          const answer = await handle(context, asked);
          return isOutcome(answer) ? answer : { result: answer };
        },
      });
    const change = <Input extends { machine: MachineId; nonce?: string }>(
      input: z.ZodType<Input>,
      request: (asked: Input) => MachineRequest,
    ) => on(input, (context, asked) => this.change(context, asked, request(asked)));
    serveCommands<'any', string>({
      bus: this.backbone.bus,
      service: 'scheduler',
      clear: (_access, { name, credential, input }) => {
        this.heard.push({ name, credential, input });
        return credential ?? '';
      },
      handlers: {
        'create-machine': on(commands.createMachine, (context, asked) => this.create(context, asked)),
        'update-machine': change(commands.updateMachine, ({ config, launch, current }) => ({
          type: 'update',
          instance: newInstanceId(),
          config,
          launch,
          ...(current === undefined ? {} : { current }),
        })),
        'start-machine': change(commands.startMachine, () => ({ type: 'start' })),
        'stop-machine': change(commands.stopMachine, ({ signal, timeoutMs }) => ({
          type: 'stop',
          ...(signal === undefined ? {} : { signal }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
        })),
        'restart-machine': change(commands.restartMachine, ({ force }) => ({ type: 'restart', force })),
        'suspend-machine': change(commands.suspendMachine, () => ({ type: 'suspend' })),
        'cordon-machine': change(commands.cordonMachine, () => ({ type: 'cordon' })),
        'uncordon-machine': change(commands.uncordonMachine, () => ({ type: 'uncordon' })),
        'destroy-machine': change(commands.destroyMachine, ({ force }) => ({ type: 'destroy', force })),
        'signal-machine': on(commands.signalMachine, async (context, asked) => {
          const { touched } = await this.change(context, asked, { type: 'signal', signal: asked.signal });
          return { result: { ok: true }, touched };
        }),
        'set-metadata': on(commands.setMetadata, (context, asked) => this.setMetadata(context, asked)),
        'exec-machine': on(commands.execMachine, (_context, asked) => this.exec(asked)),
        'ps-machine': on(commands.psMachine, async () => [processOf(7, 'sh'), processOf(1, '/init')]),
        'acquire-lease': on(commands.acquireLease, (context, asked) => this.acquire(context, asked)),
        'get-lease': on(commands.getLease, async (_context, { machine }) => this.leaseOf(machine)),
        'release-lease': on(commands.releaseLease, async (_context, { machine, nonce }) => {
          this.requireNonce(machine, nonce);
          this.leases.delete(machine);
          return { ok: true };
        }),
        'cordon-host': on(commands.cordonHost, (context, { host, reason }) =>
          this.changeHost(context, host, { type: 'cordon', reason }),
        ),
        'uncordon-host': on(commands.uncordonHost, (context, { host }) =>
          this.changeHost(context, host, { type: 'uncordon' }),
        ),
        'remove-host': on(commands.removeHost, (context, { host }) =>
          this.changeHost(context, host, { type: 'remove' }),
        ),
        'replace-machine': on(commands.replaceMachine, async (_context, { machine }) => ({
          result: resultOf(await this.stateOf(machine)),
          touched: [],
        })),
        'release-hold': on(commands.releaseHold, async () => ({ ok: true })),
        'set-quota': on(commands.setQuota, async () => ({ ok: true })),
        pages: pagesHandler(this.backbone.store, 'any', ['api']),
      },
    });
  }

  private command({ id }: CommandContext<string>, organization: OrganizationScope, content: unknown) {
    return { id, content, actor: HOLDER, organization, now: new Date() };
  }

  private async create(context: CommandContext<string>, asked: commands.CreateMachine) {
    const machine = newMachineId();
    const organization = await this.ownerOf(asked.app);
    const address = { $sealed: await this.sealer.seal(organization, ADDRESS) };
    const content = await openLeaves(this.sealer, organization, asked);
    const outcome = await this.journal.execute(
      this.command(context, organization, content),
      async (decision) => {
        const name = asked.name ?? nameOf(machine);
        const taken = await decision.load(machineNameAggregate, machineNameId(asked.app, name));
        decision.append(
          taken,
          machineNameAggregate.decide({ type: 'take', app: asked.app, name, machine }, taken.state),
        );
        const loaded = await decision.load(machineAggregate, machine);
        const created = machineAggregate.decide(
          {
            type: 'create',
            machine,
            app: asked.app,
            appName: 'app',
            organization,
            name,
            region: 'dev',
            instance: newInstanceId(),
            config: asked.config,
            launch: asked.launch,
            cordoned: asked.cordoned,
          },
          loaded.state,
        );
        const placed = machineAggregate.decide(
          {
            type: 'place',
            host: this.host,
            region: 'dev',
            generation: { epoch: 1, count: 1 },
            networkId: 1,
            address,
            reason: 'created',
          },
          created.reduce(machineAggregate.evolve, loaded.state),
        );
        const events = [...created, ...placed];
        decision.append(loaded, events);
        return resultOf(events.reduce(machineAggregate.evolve, loaded.state));
      },
    );
    const nonce =
      asked.leaseTtl === undefined
        ? {}
        : { nonce: this.lease(outcome.result.machine, asked.leaseTtl, '').nonce };
    this.fulfil(outcome.result.machine);
    return { ...outcome, result: { ...outcome.result, ...nonce } };
  }

  private async change(
    context: CommandContext<string>,
    { machine, nonce, ...asked }: { machine: MachineId; nonce?: string },
    request: MachineRequest,
  ) {
    this.requireNonce(machine, nonce);
    const { id: _id, ...rest } = { id: '', ...asked };
    const outcome = await this.journal.execute(
      this.command(context, await this.organizationOf(machine), {
        machine,
        rest: await openLeaves(this.sealer, await this.organizationOf(machine), rest),
      }),
      async (decision: Decision) => {
        const loaded = await decision.load(machineAggregate, machine);
        const events = machineAggregate.decide(request, loaded.state);
        decision.append(loaded, events);
        const after = events.reduce(machineAggregate.evolve, loaded.state);
        return resultOf(isLiving(after) ? after : loaded.state);
      },
    );
    this.fulfil(machine);
    return outcome;
  }

  private async setMetadata(context: CommandContext<string>, asked: z.infer<typeof commands.setMetadata>) {
    const state = await this.stateOf(asked.machine);
    if (asked.machineVersion && asked.machineVersion !== state.instance)
      throw new TerminalError('version_mismatch', 'the machine has changed since', { status: 412 });
    const before = asked.replace ? {} : { ...state.config.metadata };
    const metadata = Object.fromEntries(
      Object.entries({ ...before, ...asked.changes }).filter(
        (entry): entry is [string, string] => entry[1] !== null,
      ),
    );
    const { touched } = await this.change(context, asked, { type: 'set-metadata', metadata });
    return { result: { metadata }, touched };
  }

  private async exec({ machine, command, stdin }: z.infer<typeof commands.execMachine>) {
    const { organization } = await this.stateOf(machine);
    const opened = (await openLeaves(this.sealer, organization, { command, stdin })) as {
      command: { $plain: string[] };
      stdin?: { $plain: string };
    };
    return {
      exit_code: 0,
      exit_signal: 0,
      stdout: JSON.stringify(opened.command.$plain),
      stderr: opened.stdin?.$plain ?? '',
    };
  }

  private async changeHost(
    context: CommandContext<string>,
    host: HostId,
    command: Parameters<typeof hostAggregate.decide>[0],
  ) {
    const { touched } = await this.journal.execute(
      this.command(context, 'platform', command),
      async (decision) => {
        const loaded = await decision.load(hostAggregate, host);
        decision.append(loaded, hostAggregate.decide(command, loaded.state));
        return null;
      },
    );
    return { result: { ok: true }, touched };
  }

  private async acquire(
    _context: CommandContext<string>,
    { machine, nonce, ttl, description = '' }: z.infer<typeof commands.acquireLease>,
  ) {
    const held = this.held(machine);
    if (held && held.nonce !== nonce)
      throw new TerminalError(
        'lease_held',
        `machine ID ${machine} lease currently held by ${held.owner}, expires at ${held.expiresAt}`,
        { status: 409 },
      );
    const { instance } = await this.stateOf(machine);
    return { ...this.lease(machine, ttl, description), version: instance };
  }

  private lease(machine: MachineId, ttl: number, description: string): Lease {
    const nonce = this.held(machine)?.nonce ?? `nonce-${machine}`;
    const lease = { nonce, owner: 'somebody', description, expiresAt: Math.floor(Date.now() / 1000) + ttl };
    this.leases.set(machine, lease);
    return lease;
  }

  private async leaseOf(machine: MachineId) {
    const held = this.held(machine);
    if (!held) throw new TerminalError('not_found', 'lease not found', { status: 404 });
    const { nonce: _, ...shown } = held;
    return { ...shown, version: (await this.stateOf(machine)).instance };
  }

  private requireNonce(machine: MachineId, nonce: string | undefined): void {
    const held = this.held(machine);
    if (held && held.nonce !== nonce)
      throw new TerminalError('lease_held', `machine ID ${machine} lease currently held by ${held.owner}`, {
        status: 409,
      });
  }

  private held(machine: MachineId): Lease | undefined {
    const lease = this.leases.get(machine);
    return lease && lease.expiresAt > Date.now() / 1000 ? lease : undefined;
  }

  private async stateOf(machine: MachineId): Promise<LivingMachine> {
    const { result } = await this.journal.execute(this.own('platform'), async (decision) => {
      const { state } = await decision.load(machineAggregate, machine);
      return state;
    });
    if (!isLiving(result)) throw new TerminalError('not_found', 'machine not found', { status: 404 });
    return result;
  }

  private async organizationOf(machine: MachineId) {
    return (await this.stateOf(machine)).organization;
  }

  /** The host sees what was wished come true. */
  private fulfil(machine: MachineId): void {
    if (this.frozen) return;
    void this.observe(machine, (state) => {
      const { instance, wish } = state;
      const seen = { instance, wish, generation: state.placement?.generation ?? { epoch: 0, count: 0 } };
      switch (state.desired) {
        case 'started':
          return { kind: 'started', ...seen, reach: { kind: 'direct' }, imageDigest: DIGEST };
        case 'stopped':
          return { kind: 'stopped', ...seen };
        case 'suspended':
          return { kind: 'suspended', ...seen };
        case 'destroyed':
          return { kind: 'destroyed', ...seen };
      }
    });
  }
}

const isOutcome = (value: unknown): value is { result: unknown; touched: readonly never[] } =>
  typeof value === 'object' && value !== null && 'result' in value && 'touched' in value;

function resultOf(state: MachineState): commands.MachineResult {
  if (!isLiving(state)) throw new TerminalError('not_found', 'machine not found', { status: 404 });
  const { machine, app, organization, name, region, instance, cordoned, config, placement } = state;
  return {
    machine,
    app,
    organization,
    name,
    region,
    instance,
    cordoned,
    config,
    state: state.status,
    host: placement?.host ?? null,
    hostStatus: 'ok',
    generation: placement?.generation ?? null,
    address: placement?.address ?? null,
  };
}

const processOf = (pid: number, command: string) => ({
  pid,
  command,
  cpu: 0,
  rss: 0,
  rtime: 0,
  stime: 0,
  directory: '/',
  listen_sockets: [],
});
