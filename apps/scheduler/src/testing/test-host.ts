import type { HostId, MachineId } from '@bulkhead/domain';
import {
  feedPage,
  hostFeed,
  hostMachineRow,
  hostSubject,
  hostRowContext,
  newHostId,
  newId,
  reportsStored,
  toTimestamp,
  type Heartbeat,
  type HostMachineRow,
  type ReportFact,
} from '@bulkhead/contracts';
import { generateSealKeyPair, unseal } from '@bulkhead/pki';
import { z } from 'zod';
import type { World } from './world.js';

const done = z.object({ ok: z.literal(true) });

/** A worker as the scheduler knows it: heartbeats, its feed and its reports, without any machine behind them. */
export class TestHost {
  private readonly seals = generateSealKeyPair();
  private reported = 0;

  private constructor(
    private readonly world: World,
    readonly id: HostId,
    private readonly beat: Partial<Heartbeat>,
  ) {}

  static of(world: World, name: string, beat: Partial<Heartbeat> = {}): TestHost {
    return new TestHost(world, newHostId(), { name, ...beat });
  }

  /** Enrols as a worker and sends a first heartbeat. */
  static async join(world: World, name: string, beat: Partial<Heartbeat> = {}): Promise<TestHost> {
    const host = TestHost.of(world, name, beat);
    await host.enrol('worker');
    await host.heartbeat();
    return host;
  }

  /** Gets an identity of a kind. */
  enrol(kind: string): Promise<void> {
    return this.world.enrol(kind, this.id, Buffer.from(this.seals.publicKey).toString('base64'));
  }

  async heartbeat(change: Partial<Heartbeat> = {}): Promise<void> {
    const input: Heartbeat = {
      capacity: { cpus: 4, memoryMb: 4096, diskMb: 20_000 },
      labels: {},
      region: 'local',
      name: 'worker',
      version: '1',
      abilities: {},
      sealingKey: Buffer.from(this.seals.publicKey).toString('base64'),
      forward: null,
      ...this.beat,
      ...change,
    };
    await this.send('heartbeat', input, done);
  }

  /** Sends what happened, under the next numbers or the ones given. */
  async report(facts: readonly ReportFact[], from = this.reported + 1): Promise<number> {
    const at = toTimestamp(new Date());
    const reports = facts.map((fact, index) => ({ number: from + index, at, fact }));
    this.reported = Math.max(this.reported, from + facts.length - 1);
    const { storedUpTo } = await this.send('report', { reports }, reportsStored);
    return storedUpTo;
  }

  /** What it is to do with a machine, or null where it is to have none. */
  async row(machine: MachineId): Promise<HostMachineRow | null> {
    const page = await this.feed(hostFeed(this.id));
    const row = page.changes.find(({ key }) => key === machine)?.row;
    return row ? hostMachineRow.parse(row) : null;
  }

  /** Opens what only this host can. */
  open(row: HostMachineRow): unknown {
    const box = Buffer.from(row.sealed, 'base64');
    return JSON.parse(Buffer.from(unseal(this.seals, box, hostRowContext(this.id, row.machine))).toString());
  }

  feed(name: string) {
    return this.send('feed', { name, feed: '', after: 0, full: false }, feedPage);
  }

  /** Answers what the scheduler asks of it by one name. @returns what it was asked, as it comes. */
  async answering(name: string, result: unknown): Promise<readonly unknown[]> {
    const asked: unknown[] = [];
    const connection = await this.world.nats.connect(this.id);
    connection.subscribe(hostSubject(this.id, name), {
      callback: (_error, message) => {
        const request = z.looseObject({ id: z.string() }).parse(message.json());
        asked.push(request);
        void this.send('answer', { request: request.id, answer: { ok: true, result } }, done);
      },
    });
    await connection.flush();
    return asked;
  }

  async send<Result>(name: string, input: Readonly<Record<string, unknown>>, result: z.ZodType<Result>) {
    const bus = await this.world.commands(this.id);
    return (await bus.command('scheduler', name, { id: newId(), input }, result)).result;
  }
}

/** What a host reports of a machine that it has acted on as the row says. */
export const observed = ({ machine, generation, instance, wish }: HostMachineRow) => ({
  machine,
  generation,
  instance,
  wish,
});

/** The exit of a process that was content. */
export const cleanExit = {
  exit_code: 0,
  guest_signal: 0,
  oom_killed: false,
  requested_stop: false,
  restarting: false,
  restart_count: 0,
  exited_at: toTimestamp(new Date(0)),
};
