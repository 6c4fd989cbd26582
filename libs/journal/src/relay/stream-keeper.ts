import { eventSubjects, streamName, type Service } from '@bulkhead/contracts';
import type { Streams, StreamSettings, StreamState } from '../ports/bus.js';
import { recordHeaders, recordOf, subjectOf, type Recorded } from './recorded.js';
import type { RelayStore } from './relay-store.js';
import { judgeStream, type LastMessage } from './stream-check.js';

export interface StreamLimits {
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  readonly replicas: number;
}

export const STREAM_LIMITS: StreamLimits = { maxAgeMs: 7 * 86_400_000, maxBytes: 4 * 2 ** 30, replicas: 1 };

/** The journal lost commits that its stream still has; nothing is carried until an operator has decided. */
export class StreamAhead extends Error {
  override readonly name = 'StreamAhead';
}

/** How many publishes are under way at once. */
const WINDOW = 256;

/** Keeps a service's stream the same as its journal: sequence = position. */
export class StreamKeeper {
  readonly name: string;

  constructor(
    private readonly service: Service,
    private readonly store: RelayStore,
    private readonly streams: Streams,
    private readonly limits: StreamLimits,
    private readonly repaired: (why: string) => void,
  ) {
    this.name = streamName(service);
  }

  /**
   * Compares and, where it must, makes the stream anew.
   * @returns the last position that the stream holds.
   * @throws StreamAhead
   */
  async align(): Promise<number> {
    const state = await this.streams.state(this.settings(1));
    const last = state && (await this.lastMessage(state));
    const { maxAgeMs, maxBytes } = this.limits;
    const oldest = await this.store.oldestWithin(maxAgeMs, maxBytes);
    const verdict = judgeStream({ state, head: await this.store.head(), last, oldest, maxBytes });
    switch (verdict.kind) {
      case 'good':
        return state?.lastSequence ?? 0;
      case 'ahead':
        throw new StreamAhead(`${this.name}: ${verdict.why}`);
      case 'repair':
        await this.streams.remove(this.name);
        await this.streams.create(this.settings(oldest));
        this.repaired(verdict.why);
        return oldest - 1;
    }
  }

  /** Appends envelopes in order, pipelined. @throws what the first failure was. */
  async append(envelopes: readonly Recorded[]): Promise<void> {
    for (let start = 0; start < envelopes.length; start += WINDOW)
      await Promise.all(envelopes.slice(start, start + WINDOW).map((envelope) => this.appendOne(envelope)));
  }

  private appendOne(envelope: Recorded): Promise<void> {
    const subject = subjectOf(this.service, envelope);
    const expected = envelope.record.position - 1;
    return this.streams.append(this.name, subject, envelope.body, recordHeaders(envelope), expected);
  }

  private async lastMessage(state: StreamState): Promise<LastMessage | null> {
    if (state.messages === 0) return null;
    const message = await this.streams.get(this.name, state.lastSequence);
    if (!message) return null;
    const carried = recordOf(message.headers);
    const [ours] = await this.store.from(state.lastSequence, 1, 1);
    return {
      epoch: carried?.record.epoch ?? '',
      envelope: carried?.id ?? '',
      journalEnvelope: ours?.id ?? null,
    };
  }

  private settings(firstSequence: number): StreamSettings {
    return { name: this.name, subjects: [eventSubjects(this.service)], firstSequence, ...this.limits };
  }
}
