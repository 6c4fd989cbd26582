import { compareGenerations, isReplaceable, isLiving } from '@bulkhead/domain';
import type { Guest, HostWatcher } from '../memory/runtime.js';
import type { Coverage } from './coverage.js';
import type { JournalModel } from './journal-model.js';
import { Violation } from './violation.js';

/** For how long an old copy may run on after its host is back, in ms. */
const STOPS_WITHIN_MS = 5_000;

/** The virtual machines that run, on whichever host, and what must hold of those of one machine. */
export class GuestWatch implements HostWatcher {
  readonly running = new Set<Guest>();
  private readonly executions = new Map<string, number>();

  constructor(
    private readonly journal: JournalModel,
    private readonly coverage: Coverage,
    /** Keeps the first promise that was not kept. */
    private readonly broken: (violation: Violation) => void,
  ) {}

  began(guest: Guest): void {
    const others = this.of(guest.machine).filter(({ host }) => host !== guest.host);
    this.running.add(guest);
    this.coverage.count('guest', 'began');
    if (others.length === 0) return;
    this.coverage.count('guest', 'overlapped');
    if (this.isNeverReplaced(guest.machine))
      this.broken(
        new Violation(
          'a machine that is not placed again by itself never runs twice',
          `${guest.machine} began on ${guest.host} while it ran on ${others.map(({ host }) => host).join()}`,
        ),
      );
  }

  ended(guest: Guest): void {
    this.running.delete(guest);
    this.coverage.count('guest', 'ended');
    for (const id of guest.executed) {
      const times = (this.executions.get(id) ?? 0) + 1;
      this.executions.set(id, times);
      if (times > 1) this.broken(new Violation('no command is done twice', `${id} was executed twice`));
    }
  }

  of(machine: string): Guest[] {
    return [...this.running].filter((guest) => guest.machine === machine);
  }

  /** @throws Violation where an old copy runs although its host has long been able to know. */
  check(now: number, troubledUntil: (host: string) => number): void {
    for (const guest of this.running) {
      const newest = this.journal.placements.get(guest.machine)?.at(-1);
      if (!newest || compareGenerations(newest.generation, guest.generation) <= 0) continue;
      const since = Math.max(newest.at, troubledUntil(guest.host));
      if (now > since + STOPS_WITHIN_MS)
        throw new Violation(
          'an old copy runs on only while its host is cut off, plus 5 s',
          `${guest.machine} still runs on ${guest.host}, ${now - since} ms after it could know of a newer placement`,
        );
    }
  }

  /** Whether nobody, user or scheduler, has ever placed it again. */
  private isNeverReplaced(machine: string): boolean {
    const state = this.journal.machines.get(machine);
    const metadata = state && isLiving(state) ? state.config.metadata : undefined;
    const asked = (this.journal.placements.get(machine) ?? []).some(
      ({ reason }) => reason === 'replaced' || reason === 'updated',
    );
    return !isReplaceable(metadata) && !asked;
  }
}
