import type { z } from 'zod';
import type { Call, On } from '../operations/operation.js';
import { stepOf } from '../operations/command-identity.js';

type Asking = Pick<Call<unknown, On>, 'api' | 'command'>;

/** Asks the audit log, which keeps no tokens of its own: whoever asks was cleared here. */
export async function askAudit<Result>(
  { api, command }: Asking,
  name: string,
  input: Readonly<Record<string, unknown>>,
  result: z.ZodType<Result>,
): Promise<Result> {
  const answer = await api.bus.command('audit', name, { id: stepOf(command, name), input }, result, {
    deadlineMs: 5_000,
  });
  return answer.result;
}
