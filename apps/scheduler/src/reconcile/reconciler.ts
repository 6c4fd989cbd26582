import {
  hostAggregate,
  isLiving,
  isReplaceable,
  judgeSilence,
  machineAggregate,
  type MachineId,
} from '@bulkhead/domain';
import { hostId, machineId, TerminalError } from '@bulkhead/contracts';
import type { Command, Decision, Leader } from '@bulkhead/journal';
import { z } from 'zod';
import { measureHosts } from '../hosts/host-meter.js';
import { commitMachine } from '../machines/change-machine.js';
import { replace } from '../placement/replace.js';
import { keepHost } from '../placement/tables.js';
import type { Scheduler } from '../scheduler.js';
import { countedMs, countSilence, type SilentHost } from './silence.js';

export interface ReconcilerOptions {
  readonly scheduler: Scheduler;
  /** How long a host may be silent, in ms of time in which scheduler and bus were up. */
  readonly hostLostAfterMs: number;
  readonly isBusUp: () => boolean;
  readonly report: (error: unknown, about: string) => void;
}

const TICK_MS = 1_000;
/** When a machine for which there was no room is tried again. */
const RETRY_MS = 15_000;
const BATCH = 100;

/** Brings what is in line with what should be where no report of a host will: hosts that are lost, and their machines. */
export class Reconciler {
  /** Until when machines for which there was no room are left alone. */
  private readonly resting = new Map<MachineId, number>();

  constructor(private readonly options: ReconcilerOptions) {}

  /** Works as long as this copy leads. */
  async run(leader: Leader, signal: AbortSignal): Promise<void> {
    const { report, scheduler } = this.options;
    const unmeasured = measureHosts(scheduler.database, (error) => report(error, 'counting hosts'));
    try {
      await this.tick(leader, signal);
    } finally {
      unmeasured();
    }
  }

  private async tick(leader: Leader, signal: AbortSignal): Promise<void> {
    const { clock } = this.options.scheduler;
    let last: number | null = null;
    while (!signal.aborted) {
      const now = clock.now().getTime();
      const isUp = this.options.isBusUp();
      if (!(await this.step(leader, isUp ? countedMs(last, now) : 0))) return;
      last = isUp ? now : null;
      await clock.sleep(TICK_MS, signal);
    }
  }

  /** One look at everything. @returns false where leadership was lost. */
  async step(leader: Leader, elapsedMs: number): Promise<boolean> {
    const { scheduler, hostLostAfterMs } = this.options;
    const hosts = await countSilence(scheduler.database, leader, elapsedMs);
    if (!hosts) return false;
    const verdict = judgeSilence(hosts, hostLostAfterMs);
    for (const { host, lastSeen } of hosts.filter(({ host: id }) => verdict.lost.includes(id)))
      await this.attempt(`losing ${host}`, () => this.loseHost({ host, lastSeen }));
    await this.tellMachines();
    if (!(await this.isHeld(verdict.hold))) await this.replaceLost();
    await this.endOrphans();
    return true;
  }

  private loseHost({ host, lastSeen }: Pick<SilentHost, 'host' | 'lastSeen'>) {
    return this.options.scheduler.journal.execute(this.command('lose-host'), async (decision) => {
      const loaded = await decision.load(hostAggregate, host);
      const events = hostAggregate.decide({ type: 'lose', lastSeen: lastSeen.toISOString() }, loaded.state);
      decision.append(loaded, events, 'platform');
      await keepHost(decision, events.reduce(hostAggregate.evolve, loaded.state));
      return null;
    });
  }

  /** Machines learn that their host is lost, or back. */
  private async tellMachines(): Promise<void> {
    const rows = await this.options.scheduler.database.query(
      `select p.machine, p.host, h.status = 'lost' as lost from placement p join host h on h.id = p.host
       where p.host_lost <> (h.status = 'lost') limit $1`,
      [BATCH],
    );
    for (const row of rows) {
      const { machine, host, lost } = told.parse(row);
      await this.attempt(`telling ${machine}`, () =>
        this.change(machine, 'tell-machine', async (decision) => {
          const loaded = await decision.load(machineAggregate, machine);
          const said = machineAggregate.decide(
            { type: lost ? 'lose-host' : 'return-host', host },
            loaded.state,
          );
          const state = said.reduce(machineAggregate.evolve, loaded.state);
          await commitMachine(decision, loaded, [
            ...said,
            ...machineAggregate.decide({ type: 'abandon' }, state),
          ]);
        }),
      );
    }
  }

  /** Machines of lost hosts are placed again, where they may be and there is room. */
  private async replaceLost(): Promise<void> {
    const { scheduler } = this.options;
    const now = scheduler.clock.now().getTime();
    for (const [machine, until] of this.resting) if (until <= now) this.resting.delete(machine);
    const rows = await scheduler.database.query(
      'select machine from placement where host_lost and replaceable and machine <> all($1::text[]) limit $2',
      [[...this.resting.keys()], BATCH],
    );
    for (const row of rows) {
      const { machine } = machineOnly.parse(row);
      const done = await this.attempt(`placing ${machine} again`, () =>
        this.change(machine, 'replace-lost', async (decision) => {
          const loaded = await decision.load(machineAggregate, machine);
          const { state } = loaded;
          // Its host may be back, or another copy of the scheduler faster.
          if (!isLiving(state) || !state.hostLost || !isReplaceable(state.config.metadata)) return;
          await replace(scheduler, decision, loaded, 'host_lost');
        }),
      );
      if (!done) this.resting.set(machine, now + RETRY_MS);
    }
  }

  /** Machines that were being created while their app was deleted go with it. */
  private async endOrphans(): Promise<void> {
    const rows = await this.options.scheduler.database.query(
      'select p.machine from placement p join app a on a.id = p.app where a.deleted limit $1',
      [BATCH],
    );
    for (const row of rows) {
      const { machine } = machineOnly.parse(row);
      // Under one id: what was asked for once is not asked for at every look.
      const command = { ...this.command('app-deleted', machine), id: `app-deleted.${machine}` };
      await this.attempt(`ending ${machine}`, () =>
        this.options.scheduler.journal.execute(command, async (decision) => {
          const loaded = await decision.load(machineAggregate, machine);
          await commitMachine(
            decision,
            loaded,
            machineAggregate.decide({ type: 'destroy', force: true }, loaded.state),
          );
          return null;
        }),
      );
    }
  }

  /** Whether machines stay where they are: more than half of the hosts are gone, and no operator has said to go on. */
  private async isHeld(hold: boolean): Promise<boolean> {
    const { database } = this.options.scheduler;
    if (!hold) {
      await database.query('delete from hold_release');
      return false;
    }
    return (await database.query('select from hold_release')).length === 0;
  }

  private change(machine: MachineId, name: string, decide: (decision: Decision) => Promise<void>) {
    return this.options.scheduler.journal.execute(this.command(name, machine), async (decision) => {
      await decide(decision);
      return null;
    });
  }

  private async attempt(about: string, work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof TerminalError && error.code === 'insufficient_capacity'))
        this.options.report(error, about);
      return false;
    }
  }

  private command(name: string, content: unknown = null): Command {
    return {
      id: `${name}.${this.options.scheduler.random.id()}`,
      content,
      actor: { kind: 'service', id: 'scheduler' },
      organization: 'platform',
      now: this.options.scheduler.clock.now(),
    };
  }
}

const told = z.object({ machine: machineId, host: hostId, lost: z.boolean() });
const machineOnly = z.object({ machine: machineId });
