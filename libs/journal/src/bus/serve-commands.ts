import { metrics, SpanKind } from '@opentelemetry/api';
import {
  commandMessage,
  commandSubjects,
  isBulkheadError,
  parseCommandSubject,
  parseJson,
  RetryableError,
  SERVICES,
  TerminalError,
  type Actor,
  type CommandReply,
  type Service,
  type Touched,
} from '@bulkhead/contracts';
import { z } from 'zod';
import type { Bus, BusMessage, Subscription } from '../ports/bus.js';
import { toFailure } from './failure.js';
import { inSpan } from './trace.js';

/** Who may send a command: a service, any host, or the operator's own tool. */
export type CallerKind = Service | 'host' | 'operator';

/** A command as its handler gets it; the bus vouches for `caller`. */
export interface CommandContext<Principal> {
  readonly id: string;
  readonly name: string;
  /** The service, or the host's name. */
  readonly caller: string;
  /** As whom the choke point cleared it. */
  readonly principal: Principal;
  readonly actor: Actor | undefined;
  readonly cause: string | undefined;
}

export interface CommandResult {
  readonly result: unknown;
  readonly touched?: readonly Touched[];
}

export interface CommandHandler<Access, Principal, Input = unknown> {
  readonly callers: readonly CallerKind[];
  /** What a caller needs, cleared before the handler runs. */
  readonly access: Access;
  readonly input: z.ZodType<Input>;
  handle(context: CommandContext<Principal>, input: Input): Promise<CommandResult>;
}

/** Ties a handler's input to its schema, so that handlers of many inputs stand in one table. */
export const commandHandler = <Access, Principal, Input>(
  handler: CommandHandler<Access, Principal, Input>,
): CommandHandler<Access, Principal> => ({
  callers: handler.callers,
  access: handler.access,
  input: handler.input,
  handle: (context, input) => handler.handle(context, input as Input),
});

export interface Cleared {
  readonly name: string;
  readonly caller: string;
  readonly credential: string | undefined;
  readonly actor: Actor | undefined;
  readonly input: unknown;
}

export interface ServeOptions<Access, Principal> {
  readonly bus: Bus;
  readonly service: Service;
  readonly handlers: Readonly<Record<string, CommandHandler<Access, Principal>>>;
  /** The choke point. @throws TerminalError where the caller may not. */
  readonly clear: (access: Access, asked: Cleared) => Promise<Principal> | Principal;
  /** Errors that nobody foresaw, and what operators should know of others. */
  readonly report?: (
    error: unknown,
    command: { readonly name: string; readonly caller: string; readonly id?: string },
  ) => void;
  /** Commands under way at once; beyond it callers are told to come back. */
  readonly limit?: number;
}

const callerKind = (caller: string): CallerKind =>
  caller === 'operator' ? caller : (SERVICES.find((service) => service === caller) ?? 'host');

/** Answers a service's commands; copies of the service share them by queue group. `close` stops taking new ones. */
export function serveCommands<Access, Principal>(
  options: ServeOptions<Access, Principal>,
): Subscription & {
  /** Resolves when what was taken is answered. */
  drained(): Promise<void>;
} {
  const { bus, service, limit = 512 } = options;
  const underWay = new Set<Promise<void>>();
  const measure = commandMeter(options);
  const subscription = bus.subscribe(
    commandSubjects(service),
    (message, respond) => {
      const begun = performance.now();
      const answering = underWay.size >= limit ? Promise.resolve(BUSY) : answer(options, message);
      const done = answering.then((reply) => {
        measure(message.subject, reply, performance.now() - begun);
        respond(Buffer.from(JSON.stringify(reply)));
        underWay.delete(done);
      });
      underWay.add(done);
    },
    service,
  );
  return {
    close: () => subscription.close(),
    drained: async () => {
      await Promise.all(underWay);
    },
  };
}

/** Counts what was asked for and how it ended: `ok`, or the code of the error. Names that nobody serves are one. */
function commandMeter<Access, Principal>({ service, handlers }: ServeOptions<Access, Principal>) {
  const seconds = metrics.getMeter('bulkhead').createHistogram('bulkhead_command_seconds', {
    description: 'From the arrival of a command to its answer.',
    unit: 's',
    advice: { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] },
  });
  return (subject: string, reply: CommandReply, ms: number): void => {
    const name = parseCommandSubject(subject)?.name ?? '';
    const command = Object.hasOwn(handlers, name) ? name : 'unknown';
    seconds.record(ms / 1_000, { service, command, outcome: reply.ok ? 'ok' : reply.error.code });
  };
}

const BUSY: CommandReply = {
  ok: false,
  error: toFailure(new RetryableError('busy', 'too much at once; try again', 250)),
};

/** Never rejects. */
async function answer<Access, Principal>(
  options: ServeOptions<Access, Principal>,
  message: BusMessage,
): Promise<CommandReply> {
  const asked = parseCommandSubject(message.subject);
  const { name, caller } = asked ?? { name: '?', caller: '?' };
  let id: string | undefined;
  try {
    return await inSpan(`handle ${options.service}.${name}`, SpanKind.SERVER, message.headers, async () => {
      const command = parse(commandMessage, parseJson(message.data));
      id = command.id;
      const handler = handlerOf(options, name, caller);
      const input = parse(handler.input, command.input);
      const { credential, actor, cause } = command;
      const principal = await options.clear(handler.access, { name, caller, credential, actor, input });
      const { result, touched } = await handler.handle(
        { id: command.id, name, caller, principal, actor, cause },
        input,
      );
      return { ok: true, result: result ?? null, touched: [...(touched ?? [])] };
    });
  } catch (error) {
    if (!isBulkheadError(error) || error.operator !== undefined)
      options.report?.(error, { name, caller, ...(id === undefined ? {} : { id }) });
    return { ok: false, error: toFailure(error) };
  }
}

function handlerOf<Access, Principal>(
  { handlers, service }: ServeOptions<Access, Principal>,
  name: string,
  caller: string,
): CommandHandler<Access, Principal> {
  const handler = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
  if (!handler)
    throw new TerminalError('unknown_command', `${service} has no command ${name}`, { status: 404 });
  if (!handler.callers.includes(callerKind(caller)))
    throw new TerminalError('caller_not_allowed', `${caller} may not send ${name} to ${service}`, {
      status: 403,
    });
  return handler;
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 8)
    .map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  throw new TerminalError('invalid_command', problems.join('; '), { status: 400, details: { problems } });
}
