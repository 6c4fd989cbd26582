import {
  TerminalError,
  type Actor,
  type OrganizationScope,
  type Service,
  type Touched,
} from '@bulkhead/contracts';
import type { Caller } from '@bulkhead/auth';
import { currentTrace, type CommandAnswer, type Decision, type OutgoingCommand } from '@bulkhead/journal';
import type { z } from 'zod';
import { FRESH_WITHIN_MS } from '../read-model/freshness.js';
import { stepOf } from './command-identity.js';
import type { Call, On } from './operation.js';

type Mutation = Pick<Call<unknown, On>, 'api' | 'command' | 'header'> & { readonly caller: Caller | null };

/** Who is responsible for what a call does. */
export const actorOf = (caller: Caller | null): Actor => ({
  kind: 'token',
  id: caller?.principal.token ?? 'nobody',
});

/**
 * Decides a command of the api's own journal, and waits until it can be read.
 * @param content what was asked for, without ids made for it: the same key with other content is an error.
 */
export async function decideHere<Result>(
  call: Mutation,
  organization: OrganizationScope,
  content: unknown,
  decide: (decision: Decision) => Promise<Result>,
): Promise<Result> {
  const trace = currentTrace();
  const { result, touched } = await call.api.journal.execute(
    {
      id: call.command.id,
      content,
      actor: actorOf(call.caller),
      organization,
      now: call.api.clock.now(),
      ...(trace === undefined ? {} : { trace }),
    },
    decide,
  );
  await readable(call, 'api', touched);
  return result;
}

/**
 * Sends a command to the scheduler with the caller's own credential, and waits until what it changed can be read.
 * @throws TerminalError `deadline_exceeded` (504) with the key that gets the result where the answer stayed away.
 */
export async function sendToScheduler<Result>(
  call: Mutation,
  name: string,
  input: Readonly<Record<string, unknown>>,
  result: z.ZodType<Result>,
  { id = call.command.id, deadlineMs }: { readonly id?: string; readonly deadlineMs?: number } = {},
): Promise<Result> {
  const command = { id, credential: call.caller?.credential, input };
  const answer = await send(call, 'scheduler', name, command, result, deadlineMs);
  await readable(call, 'scheduler', answer.touched);
  return answer.result;
}

/**
 * Sends a command to the vault, which knows no users: the caller was cleared here and goes with it as who is responsible.
 * @throws TerminalError `deadline_exceeded` (504) with the key that gets the result where the answer stayed away.
 */
export async function sendToVault<Result>(
  call: Mutation,
  name: string,
  input: Readonly<Record<string, unknown>>,
  result: z.ZodType<Result>,
): Promise<Result> {
  const command = { id: stepOf(call.command, `vault/${name}`), actor: actorOf(call.caller), input };
  return (await send(call, 'vault', name, command, result)).result;
}

async function send<Result>(
  call: Mutation,
  service: Service,
  name: string,
  command: OutgoingCommand,
  result: z.ZodType<Result>,
  deadlineMs = 10_000,
): Promise<CommandAnswer<Result>> {
  const patience = { deadlineMs, answerMs: Math.max(3_000, deadlineMs - 5_000) };
  try {
    return await call.api.bus.command(service, name, command, result, patience);
  } catch (error) {
    throw error instanceof TerminalError && error.code === 'deadline_exceeded'
      ? unanswered(call, error)
      : error;
  }
}

/** The bus names the command's id; a client can only send its key. */
const unanswered = ({ command: { key } }: Mutation, cause: TerminalError) =>
  new TerminalError(
    'deadline_exceeded',
    'no answer in time; send the same request with this Idempotency-Key for its result',
    {
      status: 504,
      details: { key },
      cause,
      ...(cause.operator === undefined ? {} : { operator: cause.operator }),
    },
  );

async function readable(
  call: Mutation,
  journal: 'api' | 'scheduler',
  touched: readonly Touched[],
): Promise<void> {
  if (touched.length === 0) return;
  const fresh = await call.api.freshness.seen(journal, touched, FRESH_WITHIN_MS);
  if (!fresh) call.header('bulkhead-read-behind', 'true');
}
