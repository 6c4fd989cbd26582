import { constants } from 'node:os';
import { hostSubjects, isBulkheadError, TerminalError, type CommandFailure } from '@bulkhead/contracts';
import {
  hostExec,
  hostPs,
  hostSignal,
  type ExecResult,
  type HostAnswer,
  type HostExec,
  type HostPs,
  type HostSignal,
  type PsResult,
} from '@bulkhead/contracts/commands/host';
import { done } from '@bulkhead/contracts/commands/scheduler';
import type { Generation, HostId, MachineId } from '@bulkhead/domain';
import type { Bus, BusMessage, CommandBus, Subscription } from '@bulkhead/journal';
import type { z } from 'zod';
import type { Vm } from '../runtime/runtime.js';

/** Finds the VM of a machine where exactly this generation runs here. @throws TerminalError where it doesn't. */
export type FindVm = (machine: MachineId, generation: Generation) => Vm;

/** How many answers are kept for a request that comes again. */
const REMEMBERED = 512;
const MAX_EXEC_OUTPUT = 512 * 1024;

/** Carries out what the scheduler asks of this host at once, each request once, and answers as a command. */
export class HostCommands {
  readonly #answers = new Map<string, Promise<HostAnswer['answer']>>();
  #subscription: Subscription | undefined;

  constructor(
    private readonly host: HostId,
    private readonly bus: Bus,
    private readonly commands: Pick<CommandBus, 'command'>,
    private readonly find: FindVm,
    private readonly warn: (problem: string) => void,
  ) {}

  start(): void {
    this.#subscription = this.bus.subscribe(hostSubjects(this.host), (message) => {
      this.#serve(message).catch((error: unknown) => this.warn(messageOf(error)));
    });
  }

  stop(): void {
    this.#subscription?.close();
  }

  async #serve(message: BusMessage): Promise<void> {
    const name = message.subject.split('.').at(-1) ?? '';
    const handler = HANDLERS[name];
    if (!handler)
      return this.warn(`the scheduler asked for ${JSON.stringify(name)}, which this worker does not know`);
    const request = handler.schema.parse(JSON.parse(Buffer.from(message.data).toString()));
    let answering = this.#answers.get(request.id);
    if (!answering) {
      answering = settle(async () => handler.run(this.find(request.machine, request.generation), request));
      this.#remember(request.id, answering);
    }
    const input: HostAnswer = { request: request.id, answer: await answering };
    await this.commands.command(
      'scheduler',
      'answer',
      { id: `answer.${this.host}.${request.id}`, input },
      done,
    );
  }

  #remember(id: string, answer: Promise<HostAnswer['answer']>): void {
    this.#answers.set(id, answer);
    const oldest = this.#answers.keys().next().value;
    if (this.#answers.size > REMEMBERED && oldest !== undefined) this.#answers.delete(oldest);
  }
}

type Request = HostExec | HostPs | HostSignal;
interface Handler {
  readonly schema: z.ZodType<Request>;
  run(vm: Vm, request: Request): Promise<unknown>;
}
const handler = <R extends Request>(
  schema: z.ZodType<R>,
  run: (vm: Vm, request: R) => Promise<unknown>,
): Handler => ({
  schema,
  run: (vm, request) => run(vm, request as R),
});

const HANDLERS: Readonly<Record<string, Handler>> = {
  exec: handler(hostExec, exec),
  ps: handler(hostPs, async (vm): Promise<PsResult> =>
    (await vm.ps()).map((entry) => ({ ...entry, listen_sockets: [...entry.listen_sockets] })),
  ),
  signal: handler(hostSignal, async (vm, { signal }) => {
    const number = Object.entries(constants.signals).find(([name]) => name === signal)?.[1];
    if (number === undefined)
      throw new TerminalError('unknown_signal', `there is no signal ${signal}`, { status: 400 });
    await vm.signal(number);
    return { ok: true };
  }),
};

async function exec(vm: Vm, { command, stdin, timeoutMs }: HostExec): Promise<ExecResult> {
  const result = await vm.exec({
    argv: command,
    timeoutMs,
    maxOutput: MAX_EXEC_OUTPUT,
    ...(stdin === undefined ? {} : { stdin: Buffer.from(stdin) }),
  });
  if (result.timedOut)
    throw new TerminalError('exec_timeout', `the command did not end within ${timeoutMs} ms and was killed`, {
      status: 408,
    });
  return {
    exit_code: result.exitCode ?? 128 + (result.signal ?? 0),
    exit_signal: result.signal ?? 0,
    stdout: result.stdout.toString('utf8'),
    stderr: result.stderr.toString('utf8'),
  };
}

async function settle(work: () => Promise<unknown>): Promise<HostAnswer['answer']> {
  try {
    return { ok: true, result: await work() };
  } catch (error) {
    return { ok: false, error: failureOf(error) };
  }
}

const failureOf = (error: unknown): CommandFailure =>
  isBulkheadError(error)
    ? { code: error.code, message: error.message, status: error.status, retryable: error.retryable }
    : {
        code: 'internal',
        message: 'the worker failed at this; its log says why',
        status: 500,
        retryable: false,
      };

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
