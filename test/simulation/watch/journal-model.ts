import {
  compareGenerations,
  hostAggregate,
  isJoined,
  isLiving,
  machineAggregate,
  usedOf,
  type HostEvent,
  type HostState,
  type MachineEvent,
  type MachineState,
} from '@bulkhead/domain';
import { decodeEnvelope, type SeenEnvelope } from './envelopes.js';
import type { StoredEnvelope } from '../memory/schema.js';
import type { Coverage } from './coverage.js';
import { Violation } from './violation.js';

/** Where a machine was placed, and since when that counts. */
export interface Placed {
  readonly host: string;
  readonly generation: { readonly epoch: number; readonly count: number };
  readonly at: number;
  readonly reason: string;
}

/** What the scheduler's journal says, folded as it is committed, and what must hold of it at each commit. */
export class JournalModel {
  readonly machines = new Map<string, MachineState>();
  readonly hosts = new Map<string, HostState>();
  /** Of each machine all placements, oldest first. */
  readonly placements = new Map<string, Placed[]>();
  /** By command, the aggregates it wrote to. */
  readonly written = new Map<string, Map<string, number>>();

  constructor(private readonly coverage: Coverage) {}

  /** @throws Violation */
  committed(envelopes: readonly StoredEnvelope[], at: number): readonly SeenEnvelope[] {
    const seen = envelopes.map(decodeEnvelope);
    for (const envelope of seen) {
      this.once(envelope);
      const { type, id } = envelope.aggregate;
      if (type === 'machine') {
        this.heardFrom(id, envelope);
        this.machine(id, envelope.events as readonly MachineEvent[], at);
      }
      if (type === 'host') this.host(id, envelope.events as readonly HostEvent[]);
    }
    return seen;
  }

  private once({ command, aggregate, version }: SeenEnvelope): void {
    const of = this.written.get(command) ?? new Map<string, number>();
    const key = `${aggregate.type}/${aggregate.id}`;
    if (of.has(key)) throw new Violation('no command is done twice', `${command} wrote to ${key} twice`);
    this.written.set(command, of.set(key, version));
  }

  private heardFrom(machine: string, { actor, command }: SeenEnvelope): void {
    const host = this.placements.get(machine)?.at(-1)?.host;
    if (actor.kind === 'host' && actor.id !== host)
      throw new Violation(
        'only the host of the newest placement has a word about a machine',
        `${command} changed ${machine}, which is placed on ${host ?? 'no host'}`,
      );
  }

  private machine(id: string, events: readonly MachineEvent[], at: number): void {
    const before = this.machines.get(id) ?? machineAggregate.initial;
    let state = before;
    for (const event of events) {
      if (event.type === 'MachinePlaced') this.place(id, event.data, at);
      const next = machineAggregate.evolve(state, event);
      if (next.status !== state.status) this.coverage.count('machine', `${state.status} → ${next.status}`);
      state = next;
    }
    this.machines.set(id, state);
  }

  private place(
    machine: string,
    { host, generation, reason }: Extract<MachineEvent, { type: 'MachinePlaced' }>['data'],
    at: number,
  ): void {
    const all = this.placements.get(machine) ?? [];
    const last = all.at(-1);
    if (last && compareGenerations(generation, last.generation) <= 0)
      throw new Violation('no generation is given out twice', `${machine} was placed again in an older one`);
    this.coverage.count('placement', reason);
    this.placements.set(machine, [...all, { host, generation, at, reason }]);
  }

  private host(id: string, events: readonly HostEvent[]): void {
    const missed = events.find(({ type }) => type === 'HostReportsMissed');
    if (missed) throw new Violation('no report is lost', `${id}: ${JSON.stringify(missed.data)}`);
    const before = this.hosts.get(id) ?? hostAggregate.initial;
    const state = events.reduce(hostAggregate.evolve, before);
    if (state.status !== before.status) this.coverage.count('host', `${before.status} → ${state.status}`);
    this.hosts.set(id, state);
    if (!isJoined(state)) return;
    const used = usedOf(state);
    if (used.cpus > state.capacity.cpus || used.memoryMb > state.capacity.memoryMb)
      throw new Violation('capacity is never exceeded', `${state.name} holds ${JSON.stringify(used)}`);
  }

  /** Machines that exist. */
  living() {
    return [...this.machines.values()].filter(isLiving);
  }
}
