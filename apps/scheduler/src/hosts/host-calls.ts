import { hostSubject, inboxPrefix, RetryableError, TerminalError } from '@bulkhead/contracts';
import { hostAnswer, type HostAnswer } from '@bulkhead/contracts/commands/host';
import { fromFailure, type Bus, type Clock, type Subscription } from '@bulkhead/journal';
import type { HostId } from '@bulkhead/domain';
import { z } from 'zod';

/** What is asked of one host at once: exec, ps and signals. */
export interface HostCalls {
  /** @throws TerminalError `host_unanswered` (504) after the time limit, or what the host answers instead. */
  ask<Result>(call: HostCall, result: z.ZodType<Result>): Promise<Result>;
  /** A host has answered; it may have been another copy that asked. */
  answered(host: HostId, answer: HostAnswer): void;
}

export interface HostCall {
  readonly host: HostId;
  readonly name: 'exec' | 'ps' | 'signal';
  /** `id` names the request: a host answers it once. */
  readonly request: { readonly id: string } & Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
}

const relayed = z.strictObject({ host: z.string(), answer: hostAnswer });
/** Which every copy of the scheduler hears, since any may take a host's answer. */
const ANSWERS = `${inboxPrefix('scheduler')}.answers`;
/** Requests under way at once, over all hosts. */
const MOST_PENDING = 1024;

/** Requests to hosts over the bus; their answers come as commands, since hosts may not publish to inboxes. */
export class BusHostCalls implements HostCalls {
  private readonly pending = new Map<string, (answer: HostAnswer['answer']) => void>();
  private readonly subscription: Subscription;

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
  ) {
    this.subscription = bus.subscribe(ANSWERS, ({ data }) => this.settle(data));
  }

  close(): void {
    this.subscription.close();
  }

  async ask<Result>(
    { host, name, request, timeoutMs }: HostCall,
    result: z.ZodType<Result>,
  ): Promise<Result> {
    if (this.pending.size >= MOST_PENDING)
      throw new RetryableError('busy', 'too many requests to hosts at once; try again', 250);
    const { promise, resolve } = Promise.withResolvers<HostAnswer['answer'] | null>();
    const key = keyOf(host, request.id);
    const answered = new AbortController();
    void this.clock.sleep(timeoutMs, answered.signal).then(() => resolve(null));
    this.pending.set(key, resolve);
    try {
      this.bus.publish(hostSubject(host, name), Buffer.from(JSON.stringify(request)));
      return resultOf(await promise, host, result);
    } finally {
      answered.abort(null);
      this.pending.delete(key);
    }
  }

  answered(host: HostId, answer: HostAnswer): void {
    this.bus.publish(ANSWERS, Buffer.from(JSON.stringify({ host, answer })));
  }

  private settle(data: Uint8Array): void {
    const { host, answer } = relayed.parse(JSON.parse(Buffer.from(data).toString()));
    this.pending.get(keyOf(host, answer.request))?.(answer.answer);
  }
}

/** The host belongs to the key: none can answer for another. */
const keyOf = (host: string, request: string): string => `${host} ${request}`;

function resultOf<Result>(
  answer: HostAnswer['answer'] | null,
  host: HostId,
  result: z.ZodType<Result>,
): Result {
  if (answer === null)
    throw new TerminalError('host_unanswered', 'the host of the machine did not answer in time', {
      status: 504,
      details: { host },
    });
  if (!answer.ok) throw fromFailure(answer.error);
  const parsed = result.safeParse(answer.result);
  if (parsed.success) return parsed.data;
  throw new TerminalError('host_answer_invalid', 'the host of the machine answered something else', {
    status: 502,
    operator: `${host}: ${parsed.error.message}`,
  });
}
