import { SpanKind } from '@opentelemetry/api';
import {
  commandReply,
  commandSubject,
  RetryableError,
  TerminalError,
  type Actor,
  type CommandMessage,
  type CommandTarget,
  type Touched,
} from '@bulkhead/contracts';
import type { z } from 'zod';
import { NoAnswer, NoResponders, type Bus, type BusMessage } from '../ports/bus.js';
import { systemClock, type Clock } from '../ports/clock.js';
import { fromFailure } from './failure.js';
import { inSpan, traceHeaders } from './trace.js';

/** What is asked of another service. */
export interface OutgoingCommand {
  /** Made once per wish, so that asking again gets the same answer. */
  readonly id: string;
  readonly credential?: string | undefined;
  readonly actor?: Actor | undefined;
  readonly cause?: string | undefined;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface CommandAnswer<Result> {
  readonly result: Result;
  readonly touched: readonly Touched[];
}

export interface Patience {
  /** Until when to ask again, in ms from now. */
  readonly deadlineMs?: number;
  /** How long to wait for one answer before asking again under the same id, in ms. */
  readonly answerMs?: number;
}

const BACK_OFF_MS = 100;
/** An attempt with less time than this is not made: it could only end in doubt. */
const SHORTEST_ATTEMPT_MS = 50;

/** Sends commands and sees them through: what may be retried is, under the same id, until a deadline. */
export class CommandBus {
  constructor(
    private readonly bus: Bus,
    /** This identity's token: what the bus lets it send commands as. */
    readonly caller: string,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * @throws TerminalError as the receiver says; RetryableError when nothing was committed up to the deadline; TerminalError
   * `deadline_exceeded` (504, details.key) when it may have been, for which the same id gets the result later.
   */
  command<Result>(
    target: CommandTarget,
    name: string,
    command: OutgoingCommand,
    result: z.ZodType<Result>,
    { deadlineMs = 10_000, answerMs = 3_000 }: Patience = {},
  ): Promise<CommandAnswer<Result>> {
    const message: CommandMessage = { ...command, input: { ...command.input } };
    const data = Buffer.from(JSON.stringify(message));
    const subject = commandSubject(target, name, this.caller);
    return inSpan(`command ${target}.${name}`, SpanKind.CLIENT, traceHeaders(), async () => {
      const { result: raw, touched } = await this.persist({
        subject,
        data,
        id: command.id,
        deadlineMs,
        answerMs,
      });
      return { result: result.parse(raw), touched };
    });
  }

  private async persist(asked: {
    readonly subject: string;
    readonly data: Uint8Array;
    readonly id: string;
    readonly deadlineMs: number;
    readonly answerMs: number;
  }): Promise<{ result: unknown; touched: Touched[] }> {
    const deadline = this.clock.now().getTime() + asked.deadlineMs;
    let maybeCommitted = false;
    for (;;) {
      const left = deadline - this.clock.now().getTime();
      const failure = await this.ask(asked.subject, asked.data, Math.max(1, Math.min(asked.answerMs, left)));
      if (!(failure instanceof Error)) return failure;
      if (failure instanceof TerminalError) throw failure;
      if (failure instanceof NoAnswer || (failure instanceof RetryableError && failure.status === 504))
        maybeCommitted = true;
      const delay = failure instanceof RetryableError ? failure.delayMs : BACK_OFF_MS;
      if (this.clock.now().getTime() + delay + SHORTEST_ATTEMPT_MS >= deadline)
        throw givenUp(failure, asked, maybeCommitted);
      await this.clock.sleep(delay);
    }
  }

  /** One attempt: its result, or what went wrong. */
  private async ask(subject: string, data: Uint8Array, timeoutMs: number) {
    let answer: BusMessage;
    try {
      answer = await this.bus.request(subject, data, { timeoutMs, headers: traceHeaders() });
    } catch (error) {
      if (error instanceof NoResponders || error instanceof NoAnswer) return error;
      throw error;
    }
    const reply = commandReply.parse(JSON.parse(Buffer.from(answer.data).toString()));
    return reply.ok ? { result: reply.result, touched: reply.touched } : fromFailure(reply.error);
  }
}

function givenUp(
  failure: Error,
  { subject, id }: { subject: string; id: string },
  maybeCommitted: boolean,
): Error {
  if (maybeCommitted)
    return new TerminalError(
      'deadline_exceeded',
      `no answer in time; send the same request with Idempotency-Key ${id} for its result`,
      {
        status: 504,
        operator: `${subject} ${id} was sent and not answered`,
        details: { key: id },
        cause: failure,
      },
    );
  if (failure instanceof RetryableError) return failure;
  return new RetryableError('service_unavailable', 'the service in charge is away; try again', 1_000, {
    operator: `nobody answers ${subject}`,
    cause: failure,
  });
}
