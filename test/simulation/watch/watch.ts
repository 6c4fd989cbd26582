import { hostAggregate, type HostEvent } from '@bulkhead/domain';
import type { Kernel } from '../kernel/kernel.js';
import type { DatabaseServer } from '../memory/database.js';
import type { StoredEnvelope } from '../memory/schema.js';
import { Coverage } from './coverage.js';
import type { SeenEnvelope } from './envelopes.js';
import { GuestWatch } from './guests.js';
import { JournalModel } from './journal-model.js';
import { Violation } from './violation.js';

/** Of a command's own id, whatever its sender appends. */
const ID_LENGTH = 26;

/** A lease does not keep others from what runs in a machine. */
const BESIDE_LEASES: ReadonlySet<string> = new Set(['MachineSignalled', 'MachineCommandExecuted']);

/** Looks on, and keeps the first promise that was not kept. */
export class Watch {
  readonly coverage = new Coverage();
  readonly journal = new JournalModel(this.coverage);
  readonly guests = new GuestWatch(this.journal, this.coverage, (violation) => this.broken(violation));
  violation: Violation | null = null;
  /** The nonce that came with a command, by its id. */
  readonly nonces = new Map<string, string>();
  /** How long each host has been silent while scheduler and bus were up, in ms, by its id. */
  readonly silence = new Map<string, { heardAt: unknown; silentMs: number }>();
  private kernel: Kernel | undefined;

  follow(kernel: Kernel, database: DatabaseServer): void {
    this.kernel = kernel;
    const schema = database.schema('scheduler');
    schema.gavePositions = ({ holder, term }) => {
      const held = schema.leadership.get('relay');
      if (held?.holder !== holder || held.term !== term || held.until <= database.now().getTime())
        this.broken(new Violation('only who leads gives positions', `${holder} did in term ${term}`));
    };
    schema.committed = (envelopes) =>
      this.guarded(() => this.committed(envelopes, schema.table('lease'), database));
  }

  /** @param work may find out a violation. */
  guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.broken(error);
    }
  }

  broken(violation: Violation): void {
    this.violation ??= violation;
    this.kernel?.note('watch', violation.message);
  }

  private committed(
    envelopes: readonly StoredEnvelope[],
    leases: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
    database: DatabaseServer,
  ): void {
    const at = this.kernel?.now ?? 0;
    for (const envelope of this.journal.committed(envelopes, at)) {
      const { aggregate, events, command } = envelope;
      this.kernel?.note(
        'journal',
        `${aggregate.type}/${aggregate.id} ${events.map(({ type }) => type).join()} by ${command}`,
      );
      if (aggregate.type === 'machine') this.leased(envelope, leases.get(aggregate.id), database.now());
      if (aggregate.type === hostAggregate.type) this.lost(aggregate.id, events as readonly HostEvent[]);
    }
  }

  private leased(
    { command, actor, aggregate, events }: SeenEnvelope,
    lease: Readonly<Record<string, unknown>> | undefined,
    now: Date,
  ): void {
    if (actor.kind !== 'token' || !lease || events.every(({ type }) => BESIDE_LEASES.has(type))) return;
    const until = lease['expires_at'];
    if (
      !(until instanceof Date) ||
      until <= now ||
      lease['nonce'] === this.nonces.get(command.slice(0, ID_LENGTH))
    )
      return;
    throw new Violation(
      'every machine lease is honoured',
      `${command} changed ${aggregate.id} although it is leased until ${until.toISOString()}`,
    );
  }

  private lost(host: string, events: readonly HostEvent[]): void {
    if (!events.some(({ type }) => type === 'HostLost')) return;
    const { silentMs = 0 } = this.silence.get(host) ?? {};
    if (silentMs < this.lostAfterMs)
      throw new Violation(
        'only silence while scheduler and bus are up makes a host count as lost',
        `${host} was lost after ${silentMs} ms of it`,
      );
  }

  /** With what rounding and jumps of clocks may add. */
  lostAfterMs = 0;
}
