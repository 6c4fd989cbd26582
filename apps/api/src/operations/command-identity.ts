import { createHash } from 'node:crypto';
import type { TokenId } from '@bulkhead/domain';
import { newId, TerminalError } from '@bulkhead/contracts';
import type { CommandIdentity } from './operation.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The command's id of a mutation: made from the caller and its `Idempotency-Key`, so that nobody meets another's commands. Without
 * a key one is made, and named in the answer: sent with the same request, it gets the same answer.
 * @throws TerminalError `invalid_idempotency_key`
 */
export function commandIdentity(caller: TokenId | 'nobody', header: string | undefined): CommandIdentity {
  const key = header ?? newId();
  if (!KEY.test(key))
    throw new TerminalError(
      'invalid_idempotency_key',
      'Idempotency-Key must be 1 to 255 printable characters without spaces',
      {
        status: 400,
      },
    );
  return { key, id: createHash('sha256').update(`${caller}\0${key}`).digest('hex') };
}

/** The id of one of several commands that one request leads to. */
export const stepOf = (identity: CommandIdentity, step: string): string =>
  createHash('sha256').update(`${identity.id}\0${step}`).digest('hex');
