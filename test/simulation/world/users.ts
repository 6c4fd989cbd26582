import { isBulkheadError, type Touched } from '@bulkhead/contracts';
import type { LivingMachine } from '@bulkhead/domain';
import { z } from 'zod';
import { Violation } from '../watch/violation.js';
import type { Watch } from '../watch/watch.js';
import type { DeedKind } from '../scenario/deeds.js';
import type { Step } from '../scenario/plan.js';
import type { World } from './world.js';

interface Asked {
  readonly id: string;
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly credential: string;
  /** What it did, once it was acknowledged. */
  touched: readonly Touched[] | null;
}

interface HeldLease {
  readonly nonce: string;
  readonly by: number;
}

const leased = z.looseObject({ nonce: z.string().optional() });
const PORT = 8080;

/** What users and visitors do. Each command is sent once, as the api does it, and its answer kept. */
export class Users {
  /** Commands whose answer is still awaited. */
  pending = 0;
  private readonly asked: Asked[] = [];
  private readonly leases = new Map<string, HeldLease>();
  /** Of each machine, by edge, the newest generation that an edge has sent a request to. */
  private readonly routed = new Map<string, { epoch: number; count: number }>();

  constructor(
    private readonly world: World,
    private readonly watch: Watch,
  ) {}

  /** Commands that were acknowledged, and what of. */
  get acknowledged(): readonly Asked[] {
    return this.asked.filter(({ touched }) => touched !== null);
  }

  do({ what, draws }: Step & { readonly what: DeedKind }): void {
    const [first, second, third] = draws;
    const by = second < 0.5 ? 0 : 1;
    const machine = this.machine(first);
    if (what === 'create') {
      this.create(first, by, third);
      // Two that want the same room at the same time.
      if (second > 0.7) this.create(first, by, third);
      return;
    }
    if (!machine) return;
    switch (what) {
      case 'start':
      case 'suspend':
      case 'cordon':
      case 'uncordon':
        return this.on(machine, `${what}-machine`, by, {});
      case 'replace':
        return this.on(machine, 'replace-machine', by, {});
      case 'stop':
        return this.on(machine, 'stop-machine', by, third < 0.2 ? { timeoutMs: 20_000 } : {});
      case 'restart':
        return this.on(machine, 'restart-machine', by, {
          force: third < 0.3,
          ...(third > 0.8 ? { timeoutMs: 20_000 } : {}),
        });
      case 'destroy':
        return this.on(machine, 'destroy-machine', by, { force: third < 0.7 });
      case 'update':
        return this.on(machine, 'update-machine', by, {
          config: configOf(third, isNeverPlacedAgain(machine)),
          launch: true,
        });
      case 'set metadata':
        return this.on(machine, 'set-metadata', by, {
          changes: { colour: third < 0.5 ? 'red' : null },
          replace: false,
        });
      case 'execute':
        return void this.execute(machine, by);
      case 'take a lease':
        return this.on(machine, 'acquire-lease', by, { ttl: third < 0.5 ? 5 : 60 });
      case 'give a lease back':
        return this.on(machine, 'release-lease', by, {});
      case 'ask again':
        return this.askAgain(first);
      case 'app exits':
        for (const guest of this.watch.guests.of(machine.machine))
          this.world.hosts
            .find(({ name }) => name === guest.host)
            ?.host.crash(guest.machine, third < 0.5 ? 0 : 1);
        return;
      case 'request':
        return this.request(machine, third);
      case 'nothing':
        return;
    }
  }

  /** Asks each acknowledged command once more. */
  askEverythingAgain(): void {
    for (const asked of this.acknowledged.filter((_, nth) => nth % 7 === 0)) this.send(asked, true);
  }

  private machine(draw: number): LivingMachine | null {
    const living = this.watch.journal.living();
    return living[Math.floor(draw * living.length)] ?? null;
  }

  private create(draw: number, by: number, third: number): void {
    const app = this.world.apps[Math.floor(draw * this.world.apps.length)];
    const input = {
      app,
      config: configOf(third, draw < 0.15 || draw > 0.85),
      launch: third < 0.9,
      cordoned: false,
    };
    this.command('create-machine', by, third > 0.75 ? { ...input, leaseTtl: 10 } : input);
  }

  private on(
    { app, machine }: LivingMachine,
    name: string,
    by: number,
    rest: Readonly<Record<string, unknown>>,
  ): void {
    const lease = this.leases.get(machine);
    const nonce = lease?.by === by ? { nonce: lease.nonce } : {};
    this.command(name, by, { app, machine, ...nonce, ...rest });
  }

  private async execute(machine: LivingMachine, by: number): Promise<void> {
    const id = this.world.kernel.random.id();
    const command = { $plain: [id] };
    const sealed = {
      $sealed: await this.world.neighbours.sealer.seal(this.world.organization, command.$plain),
    };
    const input = { app: machine.app, machine: machine.machine, command: sealed, timeoutMs: 2_000 };
    this.command('exec-machine', by, input, id);
  }

  private askAgain(draw: number): void {
    const asked = this.asked[Math.floor(draw * this.asked.length)];
    if (asked) this.send(asked, true);
  }

  private command(
    name: string,
    by: number,
    input: Readonly<Record<string, unknown>>,
    id = this.world.kernel.random.id(),
  ): void {
    const credential = this.world.tokens[by] ?? '';
    const asked: Asked = { id, name, input, credential, touched: null };
    this.asked.push(asked);
    if (typeof input['nonce'] === 'string') this.watch.nonces.set(id, input['nonce']);
    this.send(asked, false, by);
  }

  private send(asked: Asked, again: boolean, by = 0): void {
    const { id, name, input, credential } = asked;
    const { kernel, commands } = this.world;
    this.pending++;
    kernel.note('users', `${again ? 'again ' : ''}${name} ${String(input['machine'] ?? '')} as ${id}`);
    void commands
      .command('scheduler', name, { id, credential, input }, z.unknown())
      .then(
        ({ result, touched }) => this.acknowledge(asked, result, touched, by),
        (error: unknown) => this.refuse(asked, error),
      )
      .finally(() => this.pending--);
  }

  private acknowledge(asked: Asked, result: unknown, touched: readonly Touched[], by: number): void {
    this.world.kernel.note('users', `${asked.id} is done`);
    this.watch.coverage.count('answer', `${asked.name} done`);
    if (asked.touched && JSON.stringify(asked.touched) !== JSON.stringify(touched))
      this.watch.broken(new Violation('the same command gets the same answer', `${asked.id} got another`));
    asked.touched = touched;
    const machine = String(asked.input['machine'] ?? (result as { machine?: string } | null)?.machine ?? '');
    const { nonce } = leased.safeParse(result).data ?? {};
    if (nonce !== undefined) this.leases.set(machine, { nonce, by });
    if (asked.name === 'release-lease') this.leases.delete(machine);
  }

  private refuse(asked: Asked, error: unknown): void {
    const code = isBulkheadError(error) ? error.code : String(error);
    this.world.kernel.note('users', `${asked.id} is refused: ${code}`);
    this.watch.coverage.count('answer', isBulkheadError(error) ? code : 'unforeseen');
    if (!isBulkheadError(error) || code === 'internal_error')
      this.watch.broken(
        new Violation('every error is foreseen', `${asked.name} ${asked.id}: ${String(error)}`),
      );
    // What a host answers is of the moment: only that it was asked is kept.
    const isKept = asked.name !== 'exec-machine';
    if (isKept && asked.touched && isBulkheadError(error) && !error.retryable && !MAY_BE_DONE.has(code))
      this.watch.broken(
        new Violation('the same command gets the same answer', `${asked.id} was done, now ${code}`),
      );
  }

  /** A visitor's request comes to an edge, and goes where the edge's table says. */
  private request({ machine }: LivingMachine, draw: number): void {
    const edge = this.world.edges[draw < 0.5 ? 0 : 1];
    const row = edge?.rows.get(machine);
    const host = this.world.hosts.find(({ id }) => id === row?.host);
    if (!edge || !row?.started || !host?.loop || !host.process || host.process.isStopped) return;
    const target = host.loop.fleet.forwardTarget({
      machine: row.machine,
      generation: row.generation,
      port: PORT,
    });
    const guest = typeof target === 'string' ? null : host.host.requested(row.machine);
    this.watch.coverage.count('request', typeof target === 'string' ? target : guest ? 'served' : 'gone');
    if (guest) this.served(`${edge.id} ${machine}`, row.generation, guest.generation);
  }

  private served(
    route: string,
    asked: { readonly epoch: number; readonly count: number },
    got: { readonly epoch: number; readonly count: number },
  ): void {
    const last = this.routed.get(route);
    this.routed.set(route, got);
    const isOlder = last && (got.epoch - last.epoch || got.count - last.count) < 0;
    if (isOlder || asked.count !== got.count || asked.epoch !== got.epoch)
      this.watch.broken(
        new Violation(
          'no two generations of a machine both get a request',
          `${route}: ${got.count} after ${last?.count}, asked for ${asked.count}`,
        ),
      );
  }
}

/** Answers that say that a command may have been done. */
const MAY_BE_DONE: ReadonlySet<string> = new Set(['deadline_exceeded', 'host_unanswered']);

const isNeverPlacedAgain = ({ config }: LivingMachine): boolean =>
  config.metadata?.['bulkhead_replace'] === 'never';

const configOf = (draw: number, neverAgain: boolean) => ({
  image: 'registry.test/app:1',
  guest: { cpu_kind: 'shared', cpus: 1, memory_mb: draw < 0.5 ? 256 : 512 },
  restart: { policy: draw < 0.3 ? 'always' : 'on-failure' },
  services: [{ protocol: 'tcp', internal_port: PORT, ports: [{ port: 80, handlers: ['http'] }] }],
  metadata: neverAgain ? { bulkhead_replace: 'never' } : {},
});
